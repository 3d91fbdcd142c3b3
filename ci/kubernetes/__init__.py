"""What Kubernetes knows, without a cluster: versions, definitions, objects, validation, custom kinds."""
