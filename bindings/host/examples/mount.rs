//! Pictures beside the routes of a service of one's own: `cargo run --example mount -- templates`, then ask for `/pictures/shop/og-card.png?title=Hello&author=Me`.

use axum::{Router, routing::get};
use templrender_host::{Config, Service, StartError};

pub(crate) fn app(templates: &str) -> Result<Router, StartError> {
    let pictures = Service::new(Config { unsigned: true, ..Config::new(templates) })?;
    Ok(Router::new().route("/", get(async || "a service of one's own")).nest("/pictures", pictures.into_router()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = app(&std::env::args().nth(1).unwrap_or("templates".into()))?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, app).await?)
}
