"""yuqian (渝黔): tests whether a region's plan for power and water holds."""
