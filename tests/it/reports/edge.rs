//! Formats, parameters and problems.

use super::base::{Base, rows};

#[tokio::test]
async fn a_report_is_json_a_table_or_a_picture() {
    let base = Base::made_up(60);
    for name in ["abc", "rfm", "cohorts", "segments", "budgets"] {
        let path = format!("/v1/reports/{name}");
        let answer = base.ask(&path, "application/json").await;
        let report = answer.json(200);
        assert_eq!(report["head"]["report"], name);
        let answer = base.ask(&path, "text/csv").await;
        assert_eq!((answer.status, answer.kind()), (200, Some("text/csv")), "{}", answer.text());
        let lines: Vec<&str> = answer.text().lines().collect();
        assert!(lines.len() > 1, "{name}: {}", answer.text());
        let columns = lines[0].split(',').count();
        assert!(columns > 1 && lines.iter().all(|line| line.split(',').count() == columns), "{name}: {lines:#?}");
        let answer = base.ask(&path, "image/svg+xml").await;
        assert_eq!((answer.status, answer.kind()), (200, Some("image/svg+xml")));
        well_formed(answer.text());
    }
}

/// Opening and closing tags match, with the names that assistive technology reads, and nothing that runs.
fn well_formed(svg: &str) {
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
    assert!(svg.contains("role=\"img\"") && svg.contains("<title>") && svg.contains("<desc>"), "{svg}");
    assert!(!svg.contains("<script") && !svg.contains("http://www.w3.org/1999/xlink"), "{svg}");
    assert!(!svg.contains("var(--"), "a file spells its colours out");
    let (mut open, mut rest) = (Vec::new(), svg);
    while let Some((_, tag)) = rest.split_once('<') {
        let (tag, after) = tag.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{svg}");
        } else if !tag.ends_with('/') && !tag.starts_with('!') {
            open.push(tag.split_whitespace().next().unwrap_or(tag));
        }
    }
    assert_eq!(open, [""; 0], "{svg}");
}

#[tokio::test]
async fn every_picture_of_every_report_can_be_drawn() {
    let base = Base::made_up(60);
    let pictures = [
        ("abc?since=2025-06-01&", &["classes", "lorenz", "xyz", "movement"][..]),
        ("rfm?", &["customers", "net", "grid"]),
        ("cohorts?", &["retention", "periods", "value"]),
        ("segments?", &["shares"]),
        ("budgets?", &["classes"]),
    ];
    for (report, names) in pictures {
        for name in names {
            let answer = base.ask(&format!("/v1/reports/{report}chart={name}"), "*/*").await;
            assert_eq!(answer.status, 200, "{report}{name}: {}", answer.text());
            well_formed(answer.text());
        }
    }
    // Of nothing there is a picture too.
    for report in ["abc", "rfm", "cohorts", "segments"] {
        let answer = base.ask(&format!("/v1/reports/{report}?as_of=2000-01-01"), "image/svg+xml").await;
        assert_eq!(answer.status, 200, "{report}: {}", answer.text());
        well_formed(answer.text());
        assert_eq!(base.ask(&format!("/v1/reports/{report}?as_of=2000-01-01"), "*/*").await.status, 200);
    }
}

#[tokio::test]
async fn tables_are_asked_for_by_name() {
    let base = Base::made_up(60);
    let abc = base.report("abc").await;
    let answer = base.ask("/v1/reports/abc?table=lorenz", "*/*").await;
    assert_eq!(answer.kind(), Some("text/csv"));
    assert_eq!(answer.text().lines().count(), rows(&abc, "/concentration/lorenz").len() + 1);
    let answer = base.ask("/v1/reports/cohorts?table=ages", "*/*").await;
    assert!(answer.text().starts_with("cohort,age,partial,customers,retention,"), "{}", answer.text());
}

#[tokio::test]
async fn what_cannot_be_meant_is_said() {
    let base = Base::made_up(20);
    let invalid = [
        ("abc?metric=spent", "/metric", "there is no metric `spent`; did you mean `spend`"),
        ("abc?metric=recency", "/metric", "days since something are not shared; a sum or a count is"),
        ("abc?segment=tier", "/segment", "`tier` does not rank; a segment with `rank_by` does"),
        ("abc?since=2027-01-01", "/since", "must lie before `as_of`"),
        ("abc?window=2%20months&from=2026-01-01", "/from", "goes without `window`"),
        ("abc?window=fortnight", "/window", "expected a duration such as `12 months`, found `fortnight`"),
        ("abc?from=2026-05-01", "/from", "must lie before `as_of`"),
        ("abc?as_of=2026-01-01&as_of=2026-02-01", "/as_of", "given twice"),
        ("rfm?segment=value", "/segment", "`value` does not score; a segment with `score` does"),
        ("cohorts?period=day", "/period", "a cohort is a `week`, `month`, `quarter` or `year`"),
        (
            "abc?period=day&from=1900-01-01",
            "/period",
            "more than 1000 periods lie before 2026-03-01T11:00:00Z; take longer ones",
        ),
        ("abc?chart=pie", "/chart", "this report has these: classes, lorenz, xyz"),
        ("segments?table=pie", "/table", "this report has these: classes, shares, averages"),
    ];
    for (path, pointer, detail) in invalid {
        let problem = base.ask(&format!("/v1/reports/{path}"), "*/*").await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((error["pointer"].as_str(), error["detail"].as_str()), (Some(pointer), Some(detail)), "{path}");
    }
    let problem = base.ask("/v1/reports/cohorts?metric=spend", "*/*").await.problem(400, "unreadable");
    assert_eq!(problem["detail"], "the report `cohorts` does not take `metric`; it takes as_of, from, period");
}
