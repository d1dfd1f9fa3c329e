//! Where one request ends and the next begins must be beyond doubt: what a proxy and we could read differently is
//! refused, and the connection with it.

use super::answer;
use super::wire::statuses;
use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_two_lengths_is_refused() {
    let server = Server::start().await;
    let smuggled = "GET /api/v1/notes?smuggled=1 HTTP/1.1\r\nhost: x\r\n\r\n";
    for framing in [
        "content-length: 5\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 5",
        "content-length: 0\r\ntransfer-encoding: chunked",
        "content-length: 5\r\ncontent-length: 6",
        "content-length: 5\r\ncontent-length: 5",
        "content-length: 5, 5",
        "content-length: +5",
        "content-length: -5",
        "content-length: 0x5",
        "content-length: 5 5",
        "content-length: 99999999999999999999999999",
        "content-length:",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: identity, chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "transfer-encoding: xchunked",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: \"chunked\"",
        "transfer-encoding : chunked",
        " transfer-encoding: chunked",
        "transfer-encoding:\x0bchunked",
        "transfer-encoding\0: chunked",
        "transfer-encoding: identity",
        "content length: 5",
        "content-length : 5",
        "x: y\r\n folded: z",
    ] {
        let head = format!("POST /api/v1/notes HTTP/1.1\r\nhost: x\r\n{framing}\r\n\r\n");
        let told = answer(&server.running.base_url, format!("{head}0\r\n\r\n{smuggled}")).await;
        assert_eq!(statuses(&told), [400], "{framing:?}: {told}");
    }
    for head in [
        // No host, two hosts, another protocol, a line that is none.
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET /health HTTP/9.9\r\nhost: x\r\n\r\n",
        "GET /health\r\n\r\n",
        "GET  /health HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /health HTTP/1.1 x\r\nhost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST /health HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}",
    ] {
        let told = answer(&server.running.base_url, format!("{head}{smuggled}")).await;
        assert_eq!(statuses(&told), [400], "{head:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_is_as_long_as_it_says() {
    let server = Server::start().await;
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    for chunks in [
        "-1\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n",
        "2\r\n{}0\r\n\r\n",
        "\r\n{}\r\n",
        "g\r\n",
    ] {
        let told = answer(
            &server.running.base_url,
            format!("{head}{chunks}GET /health HTTP/1.1\r\nhost: x\r\n\r\n"),
        )
        .await;
        assert!(statuses(&told).iter().all(|status| *status == 400), "{chunks:?}: {told}");
        assert!(!told.contains("\"ok\""), "{chunks:?}: {told}");
    }
    let told = answer(&server.running.base_url, format!("{head}2;x=y\r\n{{}}\r\n0\r\n\r\n")).await;
    assert_eq!(statuses(&told), [422], "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_its_limits() {
    let server = Server::start().await;
    let close = "host: x\r\nconnection: close\r\n\r\n";
    let many = (0..200).map(|number| format!("x-{number}: y\r\n")).collect::<Vec<_>>().concat();
    let told = answer(&server.running.base_url, format!("GET /health HTTP/1.1\r\n{many}{close}")).await;
    assert_eq!(statuses(&told), [431], "two hundred headers: {told}");
    let long = "y".repeat(200_000);
    for head in [
        format!("GET /health HTTP/1.1\r\nx: {long}\r\n{close}"),
        format!("GET /health?{long} HTTP/1.1\r\n{close}"),
        format!("GET /health HTTP/1.1\r\n{long}: x\r\n{close}"),
        format!("{long} /health HTTP/1.1\r\n{close}"),
    ] {
        let told = answer(&server.running.base_url, &head).await;
        let status = *statuses(&told).first().unwrap_or(&400);
        assert!([400, 414, 431].contains(&status), "{}...: {told}", &head[..40]);
    }
    // An honest client's head, with much to say.
    let some =
        (0..60).map(|number| format!("x-{number}: {}\r\n", "y".repeat(500))).collect::<Vec<_>>().concat();
    let told = answer(&server.running.base_url, format!("GET /health HTTP/1.1\r\n{some}{close}")).await;
    assert_eq!(statuses(&told), [200], "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_a_row_are_answered_in_their_order() {
    let server = Server::start().await;
    let one = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    let post = "POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    let last = "GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let told = answer(&server.running.base_url, format!("{one}{post}{one}{last}")).await;
    assert_eq!(statuses(&told), [200, 422, 200, 404], "{told}");
    // A body that nobody asked for is no request.
    let with_body =
        "GET /health HTTP/1.1\r\nhost: x\r\ncontent-length: 26\r\n\r\nGET /nowhere HTTP/1.1\r\n\r\n12";
    let told = answer(&server.running.base_url, format!("{with_body}{last}")).await;
    assert_eq!(statuses(&told), [200, 404], "{told}");
    // An upgrade to what is not spoken here is answered at once.
    let upgrade = "GET /health HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let told = answer(&server.running.base_url, upgrade).await;
    assert_eq!(statuses(&told), [200], "{told}");
}
