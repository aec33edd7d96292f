//! Posting rules: what is recorded when something is bought or comes back. Pure.
//!
//! Reading order: [`mod@spread`] (a line's money over its units), [`mod@take_back`] (returns), [`points`] (lots of points).

mod points;
mod spread;
mod take_back;

pub use points::{
    MOST_POINTS, PointsRefusal, PointsShare, PointsStanding, balance, earn, expire, given_back, points_share,
    points_standing, redeem, redeemable, reverse_earned,
};
pub use spread::spread;
pub use take_back::{Asked, TakeBackRefusal, take_back};
