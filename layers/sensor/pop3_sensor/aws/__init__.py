"""The adapters: they implement `ports` with boto3. Nothing is exported here, so a function loads only what it uses."""
