//! Laws and cases of models at work.
