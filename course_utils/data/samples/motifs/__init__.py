"""What the sample sets are drawn from: strokes and solids, then clothes, flowers, animals and sceneries."""
