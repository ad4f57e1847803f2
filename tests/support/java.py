"""Programs in Java of others: they live for seconds, so what would make them fast over minutes only costs."""

JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
