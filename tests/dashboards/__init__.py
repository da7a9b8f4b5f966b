"""The boards and alerts in dashboards/, held against the code and against Prometheus itself."""
