//! The name under which programs find the library, and that it stays once it is loaded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // Counts up with every change that a program would have to be built anew for: `TEMPLRENDER_ABI`.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libtemplrender.so.0");
        // Rust's thread locals have destructors: they must be there when a thread ends after `dlclose`, as nginx calls it on a reload.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,defs");
    }
}
