//! The dialect on recorded and made-up traffic.
