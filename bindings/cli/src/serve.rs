//! `serve`: the whole service on one machine, as the library has it.

mod tenants;

use std::io::Write;
use std::net::SocketAddr;

use templrender_host::{Config, Service, StartError};
use tokio::net::TcpListener;

use crate::args::{Log, Serve};
use crate::failure::{Done, Stop};
use crate::models::Shelf;

pub(crate) fn run(args: &Serve) -> Done {
    let config = config(args)?;
    start_log(args.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Stop::at("threads", templrender_host::io_reason(&error)))?;
    let done = runtime.block_on(serve(args.listen, config));
    // What is left are requests that were cut off.
    runtime.shutdown_background();
    done
}

async fn serve(listen: SocketAddr, config: Config) -> Done {
    let failed = |error: &std::io::Error| Stop::at(listen, templrender_host::io_reason(error));
    let service = Service::new(config).map_err(refused)?;
    let listener = TcpListener::bind(listen).await.map_err(|error| failed(&error))?;
    let address = listener.local_addr().map_err(|error| failed(&error))?;
    let signals = Signals::new().map_err(|error| Stop::at("signals", templrender_host::io_reason(&error)))?;
    let mut out = std::io::stdout();
    // Who does not read the line can still ask the service.
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    service.serve(listener, signals.first()).await.map_err(|error| Stop::at("draining", error))
}

fn refused(error: StartError) -> Stop {
    match error {
        StartError::Templates(error) => error.into(),
        StartError::Origins { place, error } => Stop::Usage(format!("{place}: {error}")),
        StartError::Cache { folder, error } => Stop::at(folder.display(), templrender_host::io_reason(&error)),
        other => Stop::at("serve", other),
    }
}

/// What asks the program to end.
struct Signals {
    #[cfg(unix)]
    term: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { term: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Ends at the first signal; at the second one the program does.
    async fn first(mut self) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(130);
        });
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        // A system without signals is ended in other ways.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The command line as settings of the service.
fn config(args: &Serve) -> Done<Config> {
    let keys = if args.secret_file.is_empty() { None } else { Some(crate::url::secrets(&args.secret_file)?) };
    if keys.is_none() && !args.listen.ip().is_loopback() {
        return Err(Stop::Usage(format!(
            "--listen {}: without a --secret-file only this machine may ask: 127.0.0.1 or [::1], for anybody could have anything drawn",
            args.listen
        )));
    }
    let tenants = args.tenants.as_deref().map(tenants::read).transpose()?.unwrap_or_default();
    let mut config = Config {
        fonts: args.fonts.clone(),
        unsigned: keys.is_none(),
        keys,
        allow_hosts: args.allow_host.clone(),
        allow_private: args.allow_private,
        immutable: args.immutable.clone(),
        tenants,
        models: Shelf::open(&args.models)?.for_service()?,
        model_threads: args.model_threads.into(),
        cache_folder: args.cache_dir.clone(),
        fetch_timeout: args.timeout,
        rate_per_tenant: args.rate_per_tenant,
        ..Config::new(&args.templates)
    };
    config.cache_disk_bytes = args.cache_disk.unwrap_or(config.cache_disk_bytes);
    config.cache_memory_bytes = args.cache_memory.unwrap_or(config.cache_memory_bytes);
    config.compiled_bytes = args.compiled_memory.map_or(config.compiled_bytes, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    config.fresh_for = args.fresh.unwrap_or(config.fresh_for);
    config.render_threads = args.jobs.map_or(config.render_threads, usize::from);
    config.render_queue = args.queue.unwrap_or(config.render_queue);
    config.model_queue = args.model_queue.unwrap_or(config.model_queue);
    config.max_in_flight = args.max_in_flight.unwrap_or(config.max_in_flight);
    config.slow = args.slow_ms.map_or(config.slow, std::time::Duration::from_millis);
    Ok(config)
}

/// Says what happens on standard error.
fn start_log(log: Log) {
    let builder = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::INFO).with_writer(std::io::stderr);
    match log {
        Log::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).with_target(false).init(),
        Log::Json => builder.json().flatten_event(true).with_target(false).init(),
        Log::Off => {}
    }
}
