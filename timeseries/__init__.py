"""What sun, wind, rain, rivers, people and factories do in each hour or day."""
