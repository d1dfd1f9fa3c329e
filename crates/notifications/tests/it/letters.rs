//! The headers and the safety of mail.

use notifications::{Channel, Content, Kind, Line, Recipient, Stationery, StationerySettings};

use crate::support::*;

async fn sent(world: &World, recipient: &Recipient, content: Content) -> notifications::Mail {
    world.tell(&[notice("event:1", recipient, content)]).await.unwrap();
    world.work().await;
    world.post.mails().pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_says_who_it_is_from_and_how_to_stop_it() {
    let world = World::new().await;
    let ana = ana(user(&mut *world.conn().await).await);
    let mail = sent(&world, &ana, shipped()).await;
    let told = |name| header(&mail, name).unwrap_or_default();
    assert_eq!(told("From"), "SilkCart <hello@silkcart.example>");
    assert_eq!(told("Reply-To"), "help@silkcart.example");
    assert!(told("To").ends_with(" <ana@example.com>"), "{}", told("To"));
    assert_eq!(told("Subject"), "Order SC-1 is on its way");
    assert_eq!(told("Date"), "Fri, 01 Mar 2030 17:00:00 +0000");
    assert_eq!(told("Message-ID"), format!("<{}@silkcart.example>", mail.id));
    assert_eq!(told("Auto-Submitted"), "auto-generated");
    assert_eq!(told("MIME-Version"), "1.0");
    assert_eq!(told("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let link = told("List-Unsubscribe");
    let link: url::Url = link.strip_prefix('<').unwrap().strip_suffix('>').unwrap().parse().unwrap();
    assert_eq!((link.scheme(), link.query()), ("https", None));
    let token = link.path().strip_prefix("/api/v1/unsubscribe/").unwrap();
    let subscription = key().read(token).unwrap();
    assert_eq!((Some(subscription.user_id), subscription.kind), (ana.user_id, Kind::OrderShipped));
    let lines = mail.bytes().split(|byte| *byte == b'\n');
    assert!(lines.clone().all(|line| line.len() < 998 && line.last().is_none_or(|end| *end == b'\r')));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stopped_offers_no_way_to() {
    let world = World::new().await;
    let ana = ana(user(&mut *world.conn().await).await);
    for (recipient, content) in [(ana, placed()), (guest(), shipped())] {
        assert!(content.kind().standing(Channel::Email).is_default());
        let mail = sent(&world, &recipient, content).await;
        assert_eq!(header(&mail, "List-Unsubscribe"), None);
        assert_eq!(header(&mail, "List-Unsubscribe-Post"), None);
        assert!(!decoded(&mail).contains("unsubscribe"), "{}", decoded(&mail));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_stay_names() {
    let world = World::new().await;
    let user_id = user(&mut *world.conn().await).await;
    let eve = Recipient {
        display_name: "Eve\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>\u{202e}\"".to_owned(),
        ..ana(user_id)
    };
    let mut order = order();
    order.number = "1\r\nX-Evil: yes".to_owned();
    order.shops = vec!["<b>Shop</b> & Söhne".to_owned()];
    let title = "Kale</td><img src=x onerror=alert(1)>\n\n.\n".to_owned();
    order.lines = vec![Line { title, ..order.lines.remove(0) }];
    let mail = sent(&world, &eve, Content::OrderShipped { order, tracking: None }).await;
    assert_eq!(mail.to(), "ana@example.com");
    for forged in ["Bcc", "X-Evil"] {
        assert_eq!(header(&mail, forged), None);
    }
    assert_eq!(header(&mail, "Subject").unwrap(), "Order 1 X-Evil: yes is on its way");
    let text = decoded(&mail);
    let html = text.split("text/html").nth(1).unwrap();
    for live in ["<script", "<img", "<b>", "</td><img"] {
        assert!(!html.contains(live), "{live} in {html}");
    }
    assert!(html.contains("&#60;b&#62;Shop&#60;/b&#62; &#38; S=C3=B6hne"), "{html}");
    assert!(html.contains(">Hello,<"), "such a name greets nobody: {html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_encoded_and_an_address_is_read_by_any_server() {
    let world = World::new().await;
    let bo = Recipient {
        email: "bo@exämple.de".to_owned(),
        display_name: "Bo \"the\" <Gärtner>".to_owned(),
        ..guest()
    };
    let mail = sent(&world, &bo, placed()).await;
    assert_eq!(mail.to(), "bo@xn--exmple-cua.de");
    let to = header(&mail, "To").unwrap();
    assert!(to.is_ascii() && to.ends_with("<bo@xn--exmple-cua.de>"), "{to}");
    assert_eq!(to.matches('<').count(), 1, "{to}");
}

#[test]
fn settings_name_what_is_wrong_with_them() {
    let wrong = StationerySettings {
        from_address: "nobody".to_owned(),
        reply_to: Some("@".to_owned()),
        ..settings()
    };
    let fields = Stationery::new(&wrong, key()).unwrap_err().fields;
    assert_eq!(
        fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["from_address", "reply_to"]
    );
}
