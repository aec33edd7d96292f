//! Against known answers, against trying everything, and against the first-order conditions.

#![expect(clippy::float_cmp, reason = "what is exact is compared exactly")]

use proptest::prelude::*;

use super::{ClassModel, Problem, Solution, solve};
use crate::estimate::Curve;

fn class(customers: f64, margin: f64, spend: f64, keeps: f64, ceiling: f64) -> ClassModel {
    let retention = Curve::through(0.0, ceiling, spend, keeps).expect("a curve");
    ClassModel { customers, margin, retention, satisfaction: None, floor: None }
}

fn problem(classes: Vec<ClassModel>, budget: Option<f64>) -> Problem {
    Problem { classes, discount_rate: 0.1, budget, floor: None }
}

fn near(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} is not {b}");
}

#[test]
fn the_optimum_of_one_class_is_known() {
    let problem = problem(vec![class(1.0, 50.0, 8.0, 0.6, 0.8)], None);
    let found = solve(&problem).expect("an optimum");
    near(found.spend[0], 15.797_643, 5e-7);
    near(problem.classes[0].retention.at(found.spend[0]), 0.748_216, 5e-7);
    near(found.residual, 0.0, 1e-12);
    assert_eq!((found.budget_price, found.floor_price), (0.0, 0.0));
}

#[test]
fn a_price_is_what_one_more_is_worth() {
    let mut problem = problem(vec![class(40.0, 80.0, 10.0, 0.6, 0.85), class(160.0, 20.0, 5.0, 0.4, 0.7)], Some(900.0));
    for class in &mut problem.classes {
        class.satisfaction = Curve::through(1.0, 5.0, 8.0, 3.5);
    }
    problem.classes[1].floor = Some(2.0);
    problem.floor = Some(2.4);
    let at = |change: &dyn Fn(&mut Problem)| {
        let mut changed = problem.clone();
        change(&mut changed);
        solve(&changed).expect("an optimum")
    };
    let step = 1e-4;
    let found = at(&|_| {});
    near(problem.cost(&found.spend), 900.0, 1e-9);
    let gain = at(&|problem| problem.budget = Some(900.0 + step)).value - found.value;
    assert!(found.budget_price > 0.1);
    near(gain / step, found.budget_price, 1e-4);
    let loss = found.value - at(&|problem| problem.floor = Some(2.4 + step)).value;
    near(loss / step, found.floor_price, 1e-3 * found.floor_price.max(1.0));
    let without = at(&|problem| problem.floor = None);
    let loss = without.value - at(&|p| (p.floor, p.classes[1].floor) = (None, Some(2.0 + step))).value;
    near(loss / step, without.class_floor_prices[1], 1e-2 * without.class_floor_prices[1].max(1.0));
}

#[test]
fn one_class_served_well_can_be_better_than_two_by_half() {
    // Two classes alike, of which the budget serves one: by halves both would stand where value rises ever faster.
    let classes = vec![class(10.0, 200.0, 20.0, 0.6, 0.9), class(10.0, 200.1, 20.0, 0.6, 0.9)];
    let found = solve(&problem(classes, Some(300.0))).expect("an optimum");
    assert_eq!(found.spend[0], 0.0);
    near(found.spend[1], 30.0, 1e-9);
    near(found.residual, 0.0, 1e-9);
}

#[test]
fn money_and_a_floor_that_is_hardly_reached_bind_together() {
    // Both classes stand where value rises ever faster: what they may spend is one short stretch.
    let class = |customers: f64, margin: f64, (ceiling, k): (f64, f64), of_satisfaction: f64| ClassModel {
        customers,
        margin,
        retention: Curve { low: 0.0, ceiling, k },
        satisfaction: Some(Curve { low: 1.0, ceiling: 5.0, k: of_satisfaction }),
        floor: None,
    };
    let classes = vec![
        class(
            162.0,
            110.862_934_913_404_9,
            (0.490_018_136_487_408_4, 0.085_245_543_104_286_75),
            0.078_282_527_411_174_31,
        ),
        class(
            7.0,
            61.779_852_643_083_03,
            (0.946_806_190_025_016_9, 0.083_411_722_984_897_64),
            0.013_953_653_452_416_961,
        ),
    ];
    let (budget, floor) = (623.753_161_244_639_6, 1.938_680_200_921_924_4);
    let problem = Problem { classes, discount_rate: 0.03, budget: Some(budget), floor: Some(floor) };
    let found = solve(&problem).expect("an optimum");
    assert_kept(&problem, &found);
    assert!(found.value > 20_527.0 && found.residual < 1e-9, "{found:?}");
    near(problem.cost(&found.spend), budget, 1e-9);
    near(problem.satisfaction(&found.spend), floor, 1e-12);
}

#[test]
fn what_cannot_be_reached_says_what_can() {
    let mut problem = problem(vec![class(10.0, 50.0, 8.0, 0.6, 0.8), class(10.0, 20.0, 8.0, 0.6, 0.8)], Some(200.0));
    for class in &mut problem.classes {
        class.satisfaction = Curve::through(1.0, 5.0, 10.0, 4.0);
    }
    problem.floor = Some(4.5);
    let none = solve(&problem).expect_err("20 customers at 10 rate 4.0");
    near(none.missed_by, 0.5, 1e-9);
    near(none.needed.expect("some"), 300.0, 1e-6);
    near(none.spend[0], 10.0, 1e-9);
    problem.floor = None;
    problem.classes[0].floor = Some(4.75);
    problem.classes[1].floor = Some(4.5);
    let none = solve(&problem).expect_err("these take 200 + 150");
    near(none.needed.expect("some"), 350.0, 1e-6);
    near(problem.cost(&none.spend), 200.0, 1e-6);
    near(problem.classes[1].satisfaction.expect("one").at(none.spend[1]), 4.5 - none.missed_by, 1e-9);
    problem.classes[0].floor = Some(5.0);
    assert_eq!(solve(&problem).expect_err("nothing reaches the ceiling").needed, None);
}

/// Every spend on a grid, with what the budget leaves for the last class among what it may have.
fn by_trying(problem: &Problem, steps: usize) -> Option<f64> {
    fn descend(problem: &Problem, steps: usize, spend: &mut Vec<f64>, best: &mut Option<f64>) {
        let at = spend.len();
        let Some(class) = problem.classes.get(at) else {
            let floors = problem.classes.iter().zip(spend.iter()).all(|(class, spend)| {
                class.floor.is_none_or(|floor| class.satisfaction.is_some_and(|curve| curve.at(*spend) >= floor))
            });
            if floors && problem.floor.is_none_or(|floor| problem.satisfaction(spend) >= floor) {
                let value = problem.value(spend);
                *best = Some(best.map_or(value, |best: f64| best.max(value)));
            }
            return;
        };
        let left = problem.budget.map_or(f64::INFINITY, |budget| (budget - problem.cost(spend)) / class.customers);
        let most = left.min(class.break_even(problem.discount_rate).max(40.0 / class.retention.k));
        for step in 0..=steps {
            spend.push(most * step as f64 / steps as f64);
            descend(problem, steps, spend, best);
            spend.pop();
        }
    }
    let mut best = None;
    descend(problem, steps, &mut Vec::new(), &mut best);
    best
}

/// Two classes with a budget and a floor: spends on the first near those that satisfy most, with all that the budget
/// leaves for the second, or as little as the floor lets it have.
fn by_trying_edges(problem: &Problem) -> Option<f64> {
    let [first, second] = &problem.classes[..] else { return None };
    let most = super::reach::reach(problem).ok()?.most[0];
    let left = |spend: f64| (problem.budget.unwrap_or(f64::INFINITY) - first.customers * spend) / second.customers;
    let floor = problem.floor.unwrap_or(0.0) * problem.customers();
    let need = |spend: f64| {
        let rest = (floor - first.customers * first.satisfaction?.at(spend)) / second.customers;
        second.satisfaction?.spend_for(rest)
    };
    let ways =
        (0..120).map(|n| 0.75f64.powi(n)).flat_map(|way| [most - way * most, most, most + way * (left(0.0) + most)]);
    let pairs = ways.flat_map(|spend| [Some(left(spend)), need(spend)].map(|other| Some([spend, other?])));
    let kept = |spend: &[f64; 2]| {
        spend.iter().all(|spend| *spend >= 0.0) && spend[1] <= left(spend[0]) && problem.quality(spend) >= floor
    };
    pairs.flatten().filter(kept).map(|spend| problem.value(&spend)).reduce(f64::max)
}

fn a_class() -> impl Strategy<Value = ClassModel> {
    let parts = (1u32..500, 5.0..400.0f64, 1.0..30.0f64, 0.2..0.95f64, 0.3..0.99f64, (2.0..4.5f64, 0.0..1.0f64));
    parts.prop_map(|(customers, margin, spend, of_ceiling, ceiling, (rated, floor))| {
        let mut class = class(f64::from(customers), margin, spend, of_ceiling * ceiling, ceiling);
        class.satisfaction = Curve::through(1.0, 5.0, spend, rated);
        class.floor = (floor > 0.6).then_some(1.0 + 2.0 * floor);
        class
    })
}

fn a_problem(classes: std::ops::Range<usize>) -> impl Strategy<Value = Problem> {
    let parts = (proptest::collection::vec(a_class(), classes), 0.03..0.3f64, 0.0..1.6f64, 1.0..5.5f64);
    parts.prop_map(|(classes, discount_rate, share, floor)| {
        let mut problem = Problem { classes, discount_rate, budget: None, floor: None };
        let floors: Vec<_> = problem.classes.iter_mut().map(|class| class.floor.take()).collect();
        let free = solve(&problem).expect("without bounds there is an optimum");
        problem.budget = (share < 1.3).then(|| share * problem.cost(&free.spend));
        problem.floor = (floor < 4.0).then_some(floor);
        problem.classes.iter_mut().zip(floors).for_each(|(class, floor)| class.floor = floor);
        problem
    })
}

fn assert_kept(problem: &Problem, found: &Solution) {
    let slack = 1e-8;
    let budget = problem.budget.unwrap_or(f64::INFINITY);
    assert!(problem.cost(&found.spend) <= budget + slack * budget.max(1.0), "the budget is kept");
    assert!(problem.floor.is_none_or(|floor| problem.satisfaction(&found.spend) >= floor - slack), "the floor is kept");
    for (class, spend) in problem.classes.iter().zip(&found.spend) {
        let satisfied = class.satisfaction.expect("one").at(*spend);
        assert!(class.floor.is_none_or(|floor| satisfied >= floor - slack), "the floor of a class is kept");
    }
    near(found.value, problem.value(&found.spend), 1e-9 * found.value.abs());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn first_order_conditions_hold(problem in a_problem(1..6)) {
        if let Ok(found) = solve(&problem) {
            assert_kept(&problem, &found);
            prop_assert!(found.residual <= 1e-9, "{} at {:?}", found.residual, found.spend);
        }
    }

    #[test]
    fn nothing_at_the_edge_of_reach_is_better(
        problem in a_problem(2..3),
        share in 0.05..1.0f64,
        (digits, way) in (0..7i32, 0.1..1.0f64),
    ) {
        let mut problem = problem;
        problem.classes.iter_mut().for_each(|class| class.floor = None);
        (problem.budget, problem.floor) = (None, None);
        problem.budget = Some(share * problem.cost(&solve(&problem).expect("an optimum").spend));
        let free = problem.satisfaction(&solve(&problem).expect("an optimum").spend);
        problem.floor = Some(0.0);
        let most = problem.satisfaction(&super::reach::reach(&problem).expect("no floor").most);
        if most - free < 1e-6 {
            return Ok(());
        }
        problem.floor = Some(most - way * 0.1f64.powi(digits) * (most - free));
        let found = solve(&problem).expect("the floor is within reach");
        assert_kept(&problem, &found);
        // Prices rise without end there, and with them what floats round.
        prop_assert!(found.residual <= 1e-9 * (1.0 + found.budget_price), "{} at {:?}", found.residual, found.spend);
        if let Some(tried) = by_trying_edges(&problem) {
            prop_assert!(found.value >= tried - 1e-9 * tried.abs(), "{} is below {tried}", found.value);
        }
    }

    #[test]
    fn nothing_on_a_grid_is_better(problem in a_problem(2..4)) {
        let steps = if problem.classes.len() == 2 { 150 } else { 40 };
        match (by_trying(&problem, steps), solve(&problem)) {
            (Some(tried), Ok(found)) => {
                prop_assert!(found.value >= tried - 1e-9 * tried.abs(), "{} is below {tried}", found.value);
            }
            (Some(tried), Err(none)) => prop_assert!(false, "{tried} was reached, {none:?}"),
            (None, _) => {}
        }
    }
}
