//! A server of objects that speaks S3, within this process, on a folder.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::sync::oneshot;

/// The key's name, known to everyone: it listens on this machine only.
const ACCESS_KEY: &str = "silkcart";
const SECRET_KEY: &str = "silkcart-secret";
const BUCKET: &str = "silkcart";

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct S3 {
    endpoint: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3 {
    /// Starts it on a free port of 127.0.0.1, with a bucket that is kept below `folder`.
    pub fn start(folder: &Path) -> Result<Self> {
        // A bucket is a folder there.
        fs::create_dir_all(folder.join(BUCKET))
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let files = FileSystem::new(folder).map_err(|error| anyhow!("cannot use the folder: {error:?}"))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot find a free port")?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let (ready, begun) = mpsc::channel();
        let thread = thread::Builder::new().name("s3".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(async {
                    let listener = tokio::net::TcpListener::from_std(listener);
                    // Whoever started it is told, or is gone.
                    let _ = ready.send(listener.as_ref().map(drop).map_err(ToString::to_string));
                    if let Ok(listener) = listener {
                        tokio::select! {
                            () = serve(listener, service) => {}
                            _ = stopped => {}
                        }
                    }
                }),
                Err(error) => drop(ready.send(Err(error.to_string()))),
            }
        })?;
        begun.recv()?.map_err(|error| anyhow!("cannot serve objects: {error}"))?;
        Ok(Self { endpoint, stop: Some(stop), thread: Some(thread) })
    }

    /// Its address: `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The settings with which a program of ours uses it.
    #[must_use]
    pub fn settings(&self) -> [(&'static str, String); 6] {
        [
            ("S3_ENDPOINT", self.endpoint.clone()),
            ("S3_BUCKET", BUCKET.to_owned()),
            ("S3_REGION", "us-east-1".to_owned()),
            ("S3_ACCESS_KEY", ACCESS_KEY.to_owned()),
            ("S3_SECRET_KEY", SECRET_KEY.to_owned()),
            ("S3_PATH_STYLE", "true".to_owned()),
        ]
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What it panicked of it has said.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, service: S3Service) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let service = service.clone();
        tokio::spawn(async move {
            // A client that goes away is no business of ours.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
