//! Pictures through HTTP: sent, refused, put on things, shown and taken away.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::actors::{Actor, Answer, BOULDER, Market, each, id_of};

const LIMIT: usize = 25 * 1024 * 1024;

fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
    let named = [name, body].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc32fast::hash(&named).to_be_bytes()].concat()
}

/// A PNG of one colour with a chunk of text, which says where it was taken.
pub fn png(width: u32, height: u32, grey: u8) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let row = [vec![0], vec![grey; usize::try_from(width).unwrap()]].concat();
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    pixels.write_all(&row.repeat(usize::try_from(height).unwrap())).unwrap();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"tEXt", b"GPS\0 40.2171 N 74.7429 W"),
        chunk(b"IDAT", &pixels.finish().unwrap()),
        chunk(b"IEND", b""),
    ]
    .concat()
}

/// Of 1 x 1 pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

pub async fn send(actor: &Actor<'_>, kind: &str, bytes: Vec<u8>) -> Answer {
    let request = actor.ask(Method::POST, "/api/v1/images").header("content-type", kind);
    Answer::to(request.body(bytes)).await
}

/// An image that can be shown.
pub async fn uploaded(actor: &Actor<'_>, grey: u8) -> Uuid {
    let image = id_of(&send(actor, "image/png", png(700, 300, grey)).await.done());
    actor.market.work().await;
    image
}

pub async fn arrange(actor: &Actor<'_>, path: &str, images: &[Uuid]) -> Answer {
    actor.put(path, &json!({ "images": images })).await
}

fn path_of(url: &Value) -> String {
    let url: url::Url = url.as_str().unwrap().parse().unwrap();
    url.path().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_an_offering_is_seen_by_everybody() {
    let market = Market::open_with(&[("MEDIA_URL", "https://cdn.example.org")]).await;
    market.admin("root@example.com").await.runs_center("The Grange", BOULDER).await;
    let gardener = market.gardener("Gale", BOULDER).await;
    let kale = gardener.lists("Kale", "bundle", 350, "10").await;
    let (detail, images) = (format!("/api/v1/listings/{kale}"), format!("/api/v1/listings/{kale}/images"));

    let sent = send(&gardener, "image/png", png(700, 300, 90)).await;
    let location = sent.headers["location"].to_str().unwrap().to_owned();
    let image = sent.done();
    assert_eq!(location, format!("/api/v1/images/{}", id_of(&image)));
    assert_eq!((&image["state"], &image["media_type"]), (&json!("waiting"), &json!("image/png")));
    let arranged = arrange(&gardener, &images, &[id_of(&image)]).await.done();
    assert_eq!(arranged["items"][0]["subject"]["position"], 0);
    assert_eq!(market.get(&detail).await.done()["pictures"], json!([]), "not before it can be shown");
    market.work().await;

    let shown = market.get(&detail).await.done();
    let picture = &shown["pictures"][0];
    assert_eq!((&picture["width"], &picture["height"]), (&json!(700), &json!(300)));
    assert!(picture["url"].as_str().unwrap().starts_with("https://cdn.example.org/media/"), "{picture}");
    let widths: Vec<_> = picture["sizes"].as_array().unwrap().iter().map(|size| &size["width"]).collect();
    assert_eq!(widths, [320, 640, 700, 700]);
    let listed = market.get("/api/v1/listings").await.done();
    assert_eq!(&listed["items"][0]["picture"], picture);
    let own = gardener.get(&format!("/api/v1/vendor/offerings/{kale}")).await.done();
    assert_eq!(&own["pictures"][0], picture);

    // Described, it is so everywhere.
    let own = gardener.patch(&location, &json!({ "alt": "A head of kale" })).await.done();
    assert_eq!((&own["state"], &own["alt"]), (&json!("rendered"), &json!("A head of kale")));
    assert_eq!(market.get(&detail).await.done()["pictures"][0]["alt"], "A head of kale");

    let path = path_of(&picture["sizes"][0]["url"]);
    let served = market.server.get(&path).send().await.unwrap();
    let head = |name: &str| served.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(served.status().as_u16(), 200);
    assert_eq!(head("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(
        (head("content-type"), head("x-content-type-options")),
        ("image/jpeg".into(), "nosniff".into())
    );
    assert_eq!(head("cross-origin-resource-policy"), "cross-origin");
    let (tag, length) = (head("etag"), head("content-length"));
    let bytes = served.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\xff\xd8\xff") && bytes.len().to_string() == length);
    assert!(!bytes.windows(3).any(|three| three == b"GPS"), "where it was taken is nobody's business");
    let again = market.server.get(&path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(again.status().as_u16(), 304);

    // Removed, it is shown nowhere.
    gardener.delete(&location).await.done();
    assert_eq!(market.get(&detail).await.done()["pictures"], json!([]));
    assert!(market.get("/api/v1/listings").await.done()["items"][0].get("picture").is_none());
    gardener.get(&location).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_operation_attaches_orders_and_takes_off() {
    let market = Market::open().await;
    let maker = market.maker("Mina", BOULDER).await;
    let mug = maker.makes("Mug", 2800, "9").await;
    let path = format!("/api/v1/products/{mug}/images");
    let (one, two) = (uploaded(&maker, 10).await, uploaded(&maker, 200).await);
    let ids = |answer: &Value| -> Vec<Uuid> {
        each(&answer["items"], "id").into_iter().map(|id| id.parse().unwrap()).collect()
    };
    for order in [vec![one, two], vec![two, one], vec![two, one], vec![one], vec![]] {
        let arranged = arrange(&maker, &path, &order).await.done();
        assert_eq!(ids(&arranged), order);
        assert_eq!(maker.get(&path).await.done(), arranged);
        let shown = market.get(&format!("/api/v1/products/{mug}")).await.done();
        let shown: Vec<_> = shown["pictures"].as_array().unwrap().iter().map(|one| &one["url"]).collect();
        let arranged: Vec<_> =
            arranged["items"].as_array().unwrap().iter().map(|one| &one["picture"]["url"]).collect();
        assert_eq!(shown, arranged);
    }
    let shop = "/api/v1/me/vendor/images";
    arrange(&maker, shop, &[two, one]).await.done();
    let slug = maker.get("/api/v1/me/vendor").await.done()["profile"]["slug"].as_str().unwrap().to_owned();
    let seen = market.get(&format!("/api/v1/vendors/{slug}")).await.done();
    assert_eq!(seen["pictures"].as_array().unwrap().len(), 2);
    // What is on the shop is on nothing else.
    let twice = arrange(&maker, &path, &[one]).await.refused(422, "invalid_input");
    assert_eq!(twice["errors"][0]["pointer"], "/images/0");
    // An offering that is gone lets go of its pictures.
    let three = uploaded(&maker, 100).await;
    arrange(&maker, &path, &[three]).await.done();
    maker.delete(&format!("/api/v1/products/{mug}")).await.done();
    market.work().await;
    assert!(maker.get(&format!("/api/v1/images/{three}")).await.done().get("subject").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_refused() {
    let market = Market::open().await;
    let ann = market.newcomer("Ann").await;
    let refused = async |kind: &str, bytes: &[u8]| send(&ann, kind, bytes.to_vec()).await;
    refused("image/png", b"").await.refused(422, "unusable_picture");
    refused("image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        .await
        .refused(415, "unsupported_picture");
    refused("image/png", b"<html><script>alert(1)</script>").await.refused(415, "unsupported_picture");
    refused("image/jpeg", &png(9, 9, 0)).await.refused(415, "unsupported_picture");
    refused("application/json", b"{}").await.refused(415, "unsupported_picture");
    refused("image/png", &png(9, 9, 0)[..20]).await.refused(422, "unusable_picture");
    let side = 50_000_u32.to_be_bytes();
    let header = [&side[..], &side, &[8, 2, 0, 0, 0]].concat();
    let bomb = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &[0; 4000])].concat();
    refused("image/png", &bomb).await.refused(422, "unusable_picture");
    let mut large = png(9, 9, 0);
    large.resize(LIMIT + 1, 0);
    let told = refused("image/png", &large).await.refused(413, "body_too_large");
    assert_eq!(told["limit"], LIMIT);
    // In chunks nobody is told before.
    let pieces: Vec<_> =
        large.chunks(64 * 1024).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let request = ann.ask(Method::POST, "/api/v1/images").header("content-type", "image/png").body(body);
    match request.send().await {
        Ok(answer) => drop(Answer::of(answer).await.refused(413, "body_too_large")),
        // The connection may be closed before the client has looked for an answer.
        Err(error) => assert!(error.is_request(), "{error:?}"),
    }
    assert_eq!(ann.get("/api/v1/images").await.done()["items"], json!([]));

    // Two files in one are served as one.
    let polyglot = [&png(9, 9, 77)[..], b"<script>alert(1)</script>PK\x03\x04"].concat();
    let image = id_of(&refused("image/png", &polyglot).await.done());
    // A file that ends too early is taken, and its owner learns of it.
    let half = png(300, 300, 5);
    let broken = id_of(&refused("image/png", &half[..half.len() - 40]).await.done());
    id_of(&refused("image/gif", GIF).await.done());
    market.work().await;
    let shown = ann.get(&format!("/api/v1/images/{image}")).await.done();
    let served = market.server.get(&path_of(&shown["picture"]["url"])).send().await.unwrap();
    let served = served.bytes().await.unwrap();
    assert!(!served.windows(8).any(|eight| eight == b"<script>"), "the second file is gone");
    let broken = ann.get(&format!("/api/v1/images/{broken}")).await.done();
    assert_eq!(broken["state"], "refused", "{broken}");
    assert!(broken["refusal"].is_string() && broken.get("picture").is_none(), "{broken}");
    let listed = ann.get("/api/v1/images?limit=2").await.done();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let next = listed["next_cursor"].as_str().unwrap();
    let rest = ann.get(&format!("/api/v1/images?limit=2&cursor={next}")).await.done();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_rendered_is_served() {
    let market = Market::open().await;
    let ann = market.newcomer("Ann").await;
    let image = uploaded(&ann, 3).await;
    let shown = ann.get(&format!("/api/v1/images/{image}")).await.done();
    let path = path_of(&shown["picture"]["url"]);
    let (folder, _) = path.rsplit_once('/').unwrap();
    for other in [
        format!("{folder}/999.jpg"),
        format!("{folder}/original"),
        format!("{folder}/..%2F..%2F..%2Foriginals"),
        "/media/..%2F..%2Fetc/passwd".to_owned(),
        format!("/media/{}/master.jpg", "0".repeat(64)),
    ] {
        market.get(&other).await.refused(404, "not_found");
    }
    let head = Answer::to(market.server.ask(Method::HEAD, &path)).await;
    assert_eq!((head.status, &head.body), (200, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_uses_anothers_images() {
    let market = Market::open().await;
    let (mina, mo) = (market.maker("Mina", BOULDER).await, market.maker("Mo", BOULDER).await);
    let (mug, image) = (mina.makes("Mug", 2800, "9").await, uploaded(&mina, 9).await);
    let (bowl, path) = (mo.makes("Bowl", 2800, "9").await, format!("/api/v1/images/{image}"));
    mo.get(&path).await.refused(404, "not_found");
    mo.patch(&path, &json!({ "alt": "Mine" })).await.refused(404, "not_found");
    mo.delete(&path).await.refused(404, "not_found");
    let taken = arrange(&mo, &format!("/api/v1/products/{bowl}/images"), &[image]).await;
    assert_eq!(taken.refused(422, "invalid_input")["errors"][0]["code"], "unknown");
    arrange(&mo, &format!("/api/v1/products/{mug}/images"), &[]).await.refused(404, "not_found");
    mo.get(&format!("/api/v1/products/{mug}/images")).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_straight_to_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = devstack::S3::start(folder.path()).unwrap();
    let settings = store.settings();
    let settings: Vec<_> = settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let market = Market::open_with(&settings).await;
    let (ann, bob) = (market.newcomer("Ann").await, market.newcomer("Bob").await);
    let file = png(700, 300, 90);
    let asked = json!({ "media_type": "image/png", "bytes": file.len() });
    let granted = ann.post("/api/v1/uploads", &asked).await.done();
    let finalize = format!("/api/v1/uploads/{}/finalize", id_of(&granted));
    ann.does(&finalize).await.refused(409, "upload_not_sent");
    let sent = market.server.client.put(granted["url"].as_str().unwrap()).header("content-type", "image/png");
    assert_eq!(sent.body(file.clone()).send().await.unwrap().status().as_u16(), 200);
    bob.does(&finalize).await.refused(404, "not_found");
    let image = ann.post(&finalize, &json!({ "alt": "Kale" })).await.done();
    assert_eq!(image["alt"], "Kale");
    ann.does(&finalize).await.refused(409, "upload_over");
    // The same, sent through us by somebody else.
    let same = send(&bob, "image/png", file).await.done();
    market.work().await;
    let shown = ann.get(&format!("/api/v1/images/{}", id_of(&image))).await.done();
    let other = bob.get(&format!("/api/v1/images/{}", id_of(&same))).await.done();
    assert_eq!(shown["picture"]["url"], other["picture"]["url"]);
    let served = market.server.get(&path_of(&shown["picture"]["url"])).send().await.unwrap();
    assert!(served.bytes().await.unwrap().starts_with(b"\xff\xd8\xff"));
    let nothing = json!({ "media_type": "image/png", "bytes": 0 });
    ann.post("/api/v1/uploads", &nothing).await.refused(422, "invalid_input");

    let in_a_folder = Market::open().await;
    let cat = in_a_folder.newcomer("Cat").await;
    cat.post("/api/v1/uploads", &asked).await.refused(409, "no_direct_uploads");
}
