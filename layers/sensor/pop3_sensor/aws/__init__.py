"""The adapters: what `ports` asks for, by boto3. No face: a function loads only the adapters that it names."""
