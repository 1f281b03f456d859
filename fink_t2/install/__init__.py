"""What an installation needs besides Python packages: Java, jars, compiled numerical code."""
