//! The canned upstream: reads a request, writes what was prepared for its model. It does as little as an upstream
//! can, so that it is never what a measurement measures.

use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    answers::{Answer, Answers},
    canned::{PACE_MILLISECONDS, SERVICE_MILLISECONDS},
};

/// Listens until the process is killed. Prints the address once it does.
pub(crate) fn serve(listen: SocketAddr) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        writeln!(io::stdout(), "{}", listener.local_addr()?)?;
        let answers = Arc::new(Answers::render());
        loop {
            // Out of file descriptors: the load generator will see it as a failure.
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let answers = Arc::clone(&answers);
            // A connection that breaks is the other end's affair.
            tokio::spawn(async move { drop(connection(stream, &answers).await) });
        }
    })
}

async fn connection(mut stream: TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = Vec::with_capacity(4096);
    loop {
        let Some(body) = read_request(&mut stream, &mut request).await? else {
            return Ok(());
        };
        let answer = answers.to(request.get(body..).unwrap_or_default());
        match answer {
            Answer::AtOnce(bytes) => stream.write_all(bytes).await?,
            Answer::Slowly(bytes) => {
                sleep(Duration::from_millis(SERVICE_MILLISECONDS)).await;
                stream.write_all(bytes).await?;
            }
            Answer::Paced { head, event } => {
                stream.write_all(head).await?;
                paced(&mut stream, event).await?;
            }
            Answer::ThenSilence(bytes) => {
                stream.write_all(bytes).await?;
                // Until the other end closes.
                stream.read_u8().await?;
            }
        }
        request.clear();
    }
}

async fn paced(stream: &mut TcpStream, event: &[u8]) -> io::Result<()> {
    let mut ticks = interval(Duration::from_millis(PACE_MILLISECONDS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        stream.write_all(event).await?;
    }
}

/// Reads one request whole and says where its body begins; `None` when the other end has closed.
async fn read_request(stream: &mut TcpStream, request: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let mut wanted = None;
    loop {
        if let Some((body, length)) = wanted
            && request.len() >= length
        {
            return Ok(Some(body));
        }
        request.reserve(64 * 1024);
        if stream.read_buf(request).await? == 0 {
            return Ok(None);
        }
        if wanted.is_none() {
            wanted = memchr::memmem::find(request, b"\r\n\r\n").map(|end| {
                let head = request.get(..end).unwrap_or_default();
                (end + 4, end + 4 + content_length(head))
            });
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head);
    head.split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or_default()
}
