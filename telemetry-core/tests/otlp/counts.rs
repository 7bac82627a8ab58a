//! Queues that are full, and what is counted of that.
