//! Many tills race for one budget, one use per customer, uses in all and one balance of points: nothing is overspent by
//! a cent, and a retry is answered as the first time.
//!
//! Reading order: [`seeded`] (interleaved by a seed, beside a simple model), [`sockets`] (the program itself).

mod seeded;
mod sockets;
