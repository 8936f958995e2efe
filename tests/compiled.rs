//! Compiled templates draw the bytes of uncompiled ones: all shipped templates, every row, every variant.

#![allow(clippy::disallowed_methods, reason = "a test reads files")]

mod common;

use templrender::{Context, Guard, Resources, Scratch};

#[test]
fn the_same_bytes_for_every_row_of_every_template() {
    let mut sooner = 0;
    for folder in common::shipped() {
        for variant in folder.variants() {
            let context = Context { variant, now: Some(common::NOW), ..Context::default() };
            let rows = folder.rows(8);
            let usual = &rows.first().expect("a template has rows").1;
            let plan = folder.plan(usual, context.variant.as_deref());
            let mut scratch = Scratch::new();
            let compiled = folder.renderer.compile(&folder.template, &context, &plan, &folder.answer(&plan), &mut scratch).unwrap();
            sooner += usize::from(compiled.bytes() > 0);
            for (name, row) in &rows {
                let plan = folder.plan(row, context.variant.as_deref());
                if plan.skipped().is_some() {
                    continue;
                }
                let resources = folder.answer(&plan);
                let place = format!("{}/{name}/{:?}", folder.name, context.variant);
                let plain = folder.renderer.render(&plan, &resources, &mut scratch).unwrap_or_else(|e| panic!("{place}: {e}"));
                let quick = folder.renderer.render_compiled(&compiled, &plan, &resources, &mut scratch, &Guard::default()).unwrap();
                assert!(quick.frame == plain.frame, "{place}: other pixels");
                assert_eq!(quick.report, plain.report, "{place}");
                assert_eq!(quick.frame.is_opaque(), plain.frame.is_opaque(), "{place}");
                let bytes = quick.frame.encode(plan.output()).unwrap();
                assert!(bytes == plain.frame.encode(plan.output()).unwrap(), "{place}: other bytes");
            }
        }
    }
    assert!(sooner >= 8, "{sooner} of the shipped templates have anything fixed");
}

#[test]
fn without_its_assets_it_draws_as_ever() {
    let folders = common::shipped();
    let folder = folders.iter().find(|folder| folder.name == "product-ad").unwrap();
    let (_, row) = &folder.rows(1)[0];
    let mut scratch = Scratch::new();
    let plan = folder.plan(row, None);
    let compiled = folder.renderer.compile(&folder.template, &Context::default(), &plan, &Resources::new(), &mut scratch).unwrap();
    let resources = folder.answer(&plan);
    let quick = folder.renderer.render_compiled(&compiled, &plan, &resources, &mut scratch, &Guard::default()).unwrap();
    assert!(quick.frame == folder.renderer.render(&plan, &resources, &mut scratch).unwrap().frame);
}
