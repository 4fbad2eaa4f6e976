"""What people look at: the device tree and the sensors' pages, as HTML for a CloudWatch custom widget."""
