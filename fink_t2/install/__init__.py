"""What an installation needs besides Python packages: Java, JVM packages, compiled code."""
