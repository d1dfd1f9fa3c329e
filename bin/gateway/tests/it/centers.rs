//! Centers through HTTP: people propose them, admins decide, everybody finds the near ones and their windows.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::problem;
use crate::town::{Person, Town, body, pointers, tag};

const CENTERS: &str = "/api/v1/centers";
const ADMIN: &str = "/api/v1/admin/centers";

fn barn(postal_code: &str) -> Value {
    json!({
        "name": "The red barn", "line1": "1 Barn Rd", "city": "Boulder", "state": "CO",
        "postal_code": postal_code, "notes": "Ring twice",
    })
}

async fn proposed(town: &Town, by: &Person, center: &Value) -> String {
    let answer = town.post(&format!("{CENTERS}/propose"), by, center).await;
    body(answer, 201).await["id"].as_str().unwrap().to_owned()
}

async fn decide(town: &Town, admin: &Person, id: &str, decision: &str) -> Value {
    let path = format!("{ADMIN}/{id}/{decision}");
    let answer = match decision {
        "approve" | "reactivate" => town.ask(Method::POST, &path, admin).send().await.unwrap(),
        _ => town.post(&path, admin, &json!({ "reason": "no roof" })).await,
    };
    body(answer, 200).await
}

async fn anybody(town: &Town, path: &str) -> Value {
    body(town.server.get(path).send().await.unwrap(), 200).await
}

fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_is_proposed_approved_and_found() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let answer = town.post(&format!("{CENTERS}/propose"), &ana, &barn("80302")).await;
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let center = body(answer, 201).await;
    assert_eq!((&center["status"], &center["time_zone"]), (&json!("PROPOSED"), &json!("America/Denver")));
    assert_eq!((&center["confidence"], &center["address"]["country"]), (&json!("postal_code"), &json!("US")));
    assert!((39.9..40.2).contains(&center["lat"].as_f64().unwrap()), "{center}");
    assert_eq!(location, format!("{CENTERS}/{}", center["id"].as_str().unwrap()));
    assert_eq!(anybody(&town, CENTERS).await, json!({ "items": [] }));

    let waiting = body(town.get(&format!("{ADMIN}?status=PROPOSED"), &root).await, 200).await;
    assert_eq!(names(&waiting), ["The red barn"]);
    let open = decide(&town, &root, center["id"].as_str().unwrap(), "approve").await;
    assert_eq!(open["status"], "APPROVED");
    assert_eq!(open["weekly_windows"].as_array().unwrap().len(), 2);
    assert_eq!(decide(&town, &root, center["id"].as_str().unwrap(), "approve").await, open, "twice is once");

    for list in [CENTERS, "/api/centers"] {
        assert_eq!(names(&anybody(&town, list).await), ["The red barn"]);
    }
    let shown = town.server.get(&location).send().await.unwrap();
    let version = tag(&shown);
    assert_eq!(body(shown, 200).await, open);
    let again = town.server.get(&location).header("if-none-match", version).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_come_first_with_their_miles() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    for (name, city, state, code) in [
        ("Manhattan", "New York", "NY", "10001"),
        ("Fort Collins", "Fort Collins", "CO", "80521"),
        ("Boulder", "Boulder", "CO", "80302"),
    ] {
        let mut center = barn(code);
        (center["name"], center["city"], center["state"]) = (json!(name), json!(city), json!(state));
        let id = proposed(&town, &ana, &center).await;
        decide(&town, &root, &id, "approve").await;
    }
    let near = anybody(&town, &format!("{CENTERS}?near=Boulder,+CO")).await;
    assert_eq!(names(&near), ["Boulder", "Fort Collins", "Manhattan"]);
    let miles: Vec<f64> = near["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["distance_miles"].as_f64().unwrap())
        .collect();
    assert!(miles[0] < 10.0 && (35.0..45.0).contains(&miles[1]) && miles[2] > 1600.0, "{miles:?}");
    let reach: Vec<&Value> = near["items"].as_array().unwrap().iter().map(|item| &item["in_reach"]).collect();
    assert_eq!(reach, [&json!(true), &json!(true), &json!(false)]);

    let from_new_york = format!("{CENTERS}?lat=40.75&lon=-73.99&limit=1");
    let (mut found, mut next) = (Vec::new(), from_new_york.clone());
    loop {
        let page = anybody(&town, &next).await;
        found.extend(names(&page).into_iter().map(ToOwned::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{from_new_york}&cursor={cursor}");
    }
    assert_eq!(found, ["Manhattan", "Fort Collins", "Boulder"]);

    let (mut found, mut next) = (Vec::new(), format!("{CENTERS}?limit=2"));
    loop {
        let page = anybody(&town, &next).await;
        found.extend(names(&page).into_iter().map(ToOwned::to_owned));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{CENTERS}?limit=2&cursor={cursor}");
    }
    found.sort_unstable();
    assert_eq!(found, ["Boulder", "Fort Collins", "Manhattan"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_used_is_named() {
    let town = Town::start().await;
    for (query, pointer) in [
        ("near=Atlantis,+CO", "query/near"),
        ("near=Boulder,+CO+10001", "query/near"),
        ("near=+", "query/near"),
        ("near=80302&lat=40", "query/near"),
        ("lat=40", "query/lon"),
        ("lon=-105", "query/lat"),
        ("lat=0&lon=0", "query/lat"),
        ("lat=40&lon=181", "query/lon"),
        ("limit=0", "query/limit"),
    ] {
        let refused = town.server.get(&format!("{CENTERS}?{query}")).send().await.unwrap();
        assert_eq!(pointers(&problem(refused, 400, "invalid_parameter").await), [pointer], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_needs_somebody_and_a_certain_place() {
    let town = Town::start().await;
    let ana = town.somebody("ana@example.com").await;
    let propose = format!("{CENTERS}/propose");
    let stranger = town.server.post(&propose).json(&barn("80302")).send().await.unwrap();
    problem(stranger, 401, "unauthenticated").await;
    let refused = problem(town.post(&propose, &ana, &barn("10001")).await, 422, "address_not_found").await;
    assert_eq!(refused["detail"], "postal code 10001 is in NY, not in CO");
    let mut blank = barn("80302");
    (blank["name"], blank["city"]) = (json!("B"), json!(" "));
    let refused = problem(town.post(&propose, &ana, &blank).await, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/city"]);
    blank["city"] = json!("Boulder");
    let refused = problem(town.post(&propose, &ana, &blank).await, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/name"]);

    let send = async || {
        let request = town.ask(Method::POST, "/api/centers/propose", &ana).json(&barn("80302"));
        request.header("idempotency-key", "barn-1").send().await.unwrap()
    };
    let first = body(send().await, 201).await;
    let second = send().await;
    assert_eq!(second.headers()["idempotent-replayed"], "true");
    assert_eq!(body(second, 201).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_approved_is_its_proposers_and_the_admins() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let ben = town.somebody("ben@example.com").await;
    let id = proposed(&town, &ana, &barn("80302")).await;
    let (path, windows) = (format!("{CENTERS}/{id}"), format!("{CENTERS}/{id}/windows"));
    for path in [&path, &windows] {
        problem(town.server.get(path).send().await.unwrap(), 404, "not_found").await;
        problem(town.get(path, &ben).await, 404, "not_found").await;
    }
    problem(town.get(&windows, &ana).await, 409, "center_not_approved").await;
    let rejected = decide(&town, &root, &id, "reject").await;
    assert_eq!((&rejected["status"], &rejected["reason"]), (&json!("REJECTED"), &json!("no roof")));
    for person in [&ana, &root] {
        assert_eq!(body(town.get(&path, person).await, 200).await["reason"], "no roof");
    }
    let late = town.ask(Method::POST, &format!("{ADMIN}/{id}/approve"), &root).send().await.unwrap();
    let refused = problem(late, 409, "wrong_center_state").await;
    assert_eq!(refused["status"], 409);
    for decision in ["approve", "reject", "deactivate", "reactivate"] {
        let path = format!("{ADMIN}/{id}/{decision}");
        problem(town.post(&path, &ben, &json!({ "reason": "because" })).await, 403, "forbidden").await;
    }
    problem(town.get(ADMIN, &ana).await, 403, "forbidden").await;
    let refused = town.get(&format!("{ADMIN}?status=OPEN"), &root).await;
    assert_eq!(pointers(&problem(refused, 400, "invalid_parameter").await), ["query/status"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_center_is_gone_until_it_opens_again() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let id = proposed(&town, &ana, &barn("80302")).await;
    decide(&town, &root, &id, "approve").await;
    let near = format!("{CENTERS}?near=80302");
    assert_eq!(names(&anybody(&town, &near).await).len(), 1);
    decide(&town, &root, &id, "deactivate").await;
    assert!(names(&anybody(&town, &near).await).is_empty(), "this process knows at once");
    assert!(names(&anybody(&town, CENTERS).await).is_empty());
    let closed = anybody(&town, &format!("{CENTERS}/{id}")).await;
    assert_eq!(closed["status"], "INACTIVE", "pickups may still be arranged there");
    decide(&town, &root, &id, "reactivate").await;
    assert_eq!(names(&anybody(&town, &near).await).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_changes_a_center_as_it_was_read() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let id = proposed(&town, &ana, &barn("80302")).await;
    decide(&town, &root, &id, "approve").await;
    let (path, public) = (format!("{ADMIN}/{id}"), format!("{CENTERS}/{id}"));
    let version = tag(&town.get(&public, &root).await);
    let windows = json!([{ "weekday": 7, "opens": "20:00", "closes": "24:00", "capacity": 3 }]);
    let changes = json!({ "name": "The blue barn", "notes": null, "windows": windows });
    let edited = body(town.patch(&path, &root, &version, &changes).await, 200).await;
    assert_eq!((&edited["name"], edited.get("notes")), (&json!("The blue barn"), None));
    assert_eq!(edited["weekly_windows"], windows);
    assert_eq!(anybody(&town, &public).await, edited);

    problem(town.patch(&path, &root, &version, &changes).await, 412, "precondition_failed").await;
    let careless = town.ask(Method::PATCH, &path, &root).json(&changes).send().await.unwrap();
    problem(careless, 428, "precondition_required").await;
    problem(town.patch(&path, &ana, "*", &changes).await, 403, "forbidden").await;
    let wrong = json!({ "windows": [{ "weekday": 8, "opens": "9", "closes": "13:00", "capacity": 3 }] });
    let refused = problem(town.patch(&path, &root, "*", &wrong).await, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/windows/0/opens"]);
    let wrong = json!({ "windows": [{ "weekday": 8, "opens": "09:00", "closes": "08:00", "capacity": 0 }] });
    let refused = problem(town.patch(&path, &root, "*", &wrong).await, 422, "invalid_input").await;
    assert_eq!(pointers(&refused), ["/windows/0/weekday", "/windows/0/closes", "/windows/0/capacity"]);
    let refused = town.patch(&path, &root, "*", &json!({ "time_zone": "Mars/Olympus" })).await;
    assert_eq!(pointers(&problem(refused, 422, "invalid_input").await), ["/time_zone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pickup_windows_come_in_utc_with_the_local_date() {
    let town = Town::start().await;
    let (root, ana) = (town.admin("root@example.com").await, town.somebody("ana@example.com").await);
    let id = proposed(&town, &ana, &barn("80302")).await;
    decide(&town, &root, &id, "approve").await;
    let path = format!("{CENTERS}/{id}/windows");
    let all = anybody(&town, &path).await;
    assert_eq!((&all["any_time"], all["items"].as_array().unwrap().len()), (&json!(false), 4));
    let saturday = json!({
        "starts_at": "2030-03-02T16:00:00Z", "ends_at": "2030-03-02T20:00:00Z",
        "window": "2030-03-02T16:00:00Z/2030-03-02T20:00:00Z", "local_date": "2030-03-02",
        "time_zone": "America/Denver", "capacity": 40, "remaining": 40,
    });
    assert_eq!(all["items"][0], saturday);
    let some = anybody(&town, &format!("{path}?from=2030-03-06&to=2030-03-09")).await;
    assert_eq!(some["items"].as_array().unwrap().len(), 1);
    for (query, pointer) in [("from=tomorrow", "query/from"), ("to=2030-02-30", "query/to")] {
        let refused = town.server.get(&format!("{path}?{query}")).send().await.unwrap();
        assert_eq!(pointers(&problem(refused, 400, "invalid_parameter").await), [pointer]);
    }
}
