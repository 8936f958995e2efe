//! The example, served: its own route and the pictures beside it.

#[expect(dead_code, reason = "its main serves on a fixed port")]
#[path = "../examples/mount.rs"]
mod mount;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_serves_pictures_beside_its_own_route() {
    let templates = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates");
    let app = mount::app(templates).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let get = async |target: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        said
    };
    assert!(get("/").await.ends_with(b"a service of one's own"));
    let card = get("/pictures/shop/og-card.png?title=Hello&author=Me").await;
    let split = card.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    assert!(card.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&card[..split]));
    let frame = core_::Frame::decode(&card[split + 4..], &core_::Limits::default()).unwrap();
    assert_eq!((frame.width(), frame.height()), (1_200, 630));
    assert!(get("/elsewhere").await.starts_with(b"HTTP/1.1 404"));
}
