//! Laws of the painter on small scenes.
