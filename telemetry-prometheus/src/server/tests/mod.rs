//! What cannot be seen from outside: the environment of others, short limits.

mod address;
mod limits;
mod listen;
mod stream;
