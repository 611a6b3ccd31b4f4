"""The tools that all drawings share: chance, canvas, camera, solids, petals and what stands behind."""
