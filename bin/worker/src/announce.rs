//! Announcing to the gateways that the feed has grown.

use broker::Broker;
use outbox::Patience;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Works until `stop`. `numbered` changes when facts were given their positions.
pub(crate) async fn run(broker: Broker, mut numbered: watch::Receiver<()>, stop: CancellationToken) {
    let mut patience = Patience::of("the announcer");
    while !stop.is_cancelled() {
        if let Err(error) = session(&broker, &mut numbered, &stop, &mut patience).await {
            patience.bear(&format!("{error:#}"), &stop).await;
        }
    }
}

/// Works for as long as the link holds.
async fn session(
    broker: &Broker,
    numbered: &mut watch::Receiver<()>,
    stop: &CancellationToken,
    patience: &mut Patience,
) -> anyhow::Result<()> {
    let link = broker.connect().await?;
    let announcer = link.announcer().await?;
    loop {
        // First of all: those who listen may have missed what grew while the link was broken.
        announcer.announce().await?;
        patience.succeed();
        tokio::select! {
            () = stop.cancelled() => break,
            changed = numbered.changed() => changed?,
        }
    }
    link.close().await;
    Ok(())
}
