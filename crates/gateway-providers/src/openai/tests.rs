//! The provider against a scripted transport.
