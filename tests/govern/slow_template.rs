//! It crosses after some slow fetches, and recovers with fast ones or with none.

use proptest::prelude::*;
use templrender::SlowTemplate;

const NOW: u64 = 1_795_262_400_000;

/// How many observations of `took` ms it takes until it is slow, or no more.
fn until(template: &mut SlowTemplate, slow: bool, took: u64, threshold: u64, every: u64, now: &mut u64) -> u32 {
    let mut count = 0;
    while template.is_slow(threshold, *now) != slow {
        *now += every;
        template.observe(took, *now);
        count += 1;
        assert!(count < 1_000, "it never turns");
    }
    count
}

#[test]
fn it_is_slow_after_so_many_slow_fetches_and_fast_after_so_many_fast_ones() {
    // log(1 - threshold / took) / log(7 / 8), then log(average / threshold) / log(8 / 7)
    for (took, threshold, slow_after, fast_after) in
        [(10_000, 1_000, 1, 2), (400, 200, 6, 1), (1_500, 500, 4, 2), (501, 500, 47, 1), (60_000, 500, 1, 21)]
    {
        let (mut template, mut now) = (SlowTemplate::default(), NOW);
        assert_eq!(until(&mut template, true, took, threshold, 100, &mut now), slow_after, "{took} ms");
        assert_eq!(until(&mut template, false, 0, threshold, 100, &mut now), fast_after, "{took} ms");
    }
    let (mut template, mut now) = (SlowTemplate::default(), NOW);
    for _ in 0..200 {
        now += 100;
        template.observe(10_000, now);
    }
    assert_eq!(until(&mut template, false, 0, 1_000, 100, &mut now), 18, "as the documentation says");
}

#[test]
fn what_takes_just_the_threshold_is_not_slow() {
    let mut template = SlowTemplate::default();
    for i in 0..10_000 {
        template.observe(500, NOW + i);
        assert!(!template.is_slow(500, NOW + i));
    }
    assert!(template.is_slow(499, NOW + 10_000));
}

#[test]
fn it_recovers_by_itself_within_the_stated_time() {
    for (average, threshold) in [(10_000, 1_000), (400, 200), (60_000, 1), (u64::MAX, 500)] {
        let mut template = SlowTemplate::default();
        (0..2_000).for_each(|_| template.observe(average, NOW));
        let average = average.min(SlowTemplate::MAX_TOOK_MS);
        let stated = SlowTemplate::HOLD_MS as f64 + SlowTemplate::HALF_LIFE_MS as f64 * (average as f64 / threshold as f64).log2();
        assert!(template.is_slow(threshold, NOW + SlowTemplate::HOLD_MS));
        assert!(template.is_slow(threshold, NOW + (stated * 0.9) as u64), "{average} {threshold}: not long before");
        // a straight line lies above the curve by up to 6 % of a halving
        assert!(!template.is_slow(threshold, NOW + stated as u64 + SlowTemplate::HALF_LIFE_MS / 10), "{average} {threshold}");
    }
    let mut template = SlowTemplate::default();
    (0..2_000).for_each(|_| template.observe(10_000, NOW));
    assert!(template.is_slow(1_000, NOW + 26_000) && !template.is_slow(1_000, NOW + 27_000), "as the documentation says");
}

#[test]
fn a_few_observations_every_few_seconds_do_not_fade() {
    let (mut template, mut now) = (SlowTemplate::default(), NOW);
    for _ in 0..100 {
        now += SlowTemplate::HOLD_MS;
        template.observe(1_000, now);
    }
    assert_eq!(template.average_ms(now), 999);
}

#[test]
fn a_clock_that_was_set_back_forgets() {
    let mut template = SlowTemplate::default();
    (0..100).for_each(|_| template.observe(10_000, NOW));
    assert!(template.is_slow(1_000, NOW - 10_000), "a little back is no time");
    assert!(!template.is_slow(1_000, NOW - 3_600_000), "an hour back is an hour");
    template.observe(10_000, NOW - 3_600_000);
    assert_eq!(template.average_ms(NOW - 3_600_000), 1_250);
}

proptest! {
    #[test]
    fn it_is_the_average_that_it_says(observed in prop::collection::vec((0..70_000_u64, 0..60_000_u64), 1..200)) {
        let (mut template, mut model, mut now) = (SlowTemplate::default(), 0.0_f64, NOW);
        for (took, pause) in observed {
            let idle = pause.saturating_sub(10_000) as f64 / 5_000.0;
            model *= 0.5_f64.powi(idle as i32) * (1.0 - idle.fract() / 2.0);
            now += pause;
            prop_assert!((template.average_ms(now) as f64 - model).abs() <= 1.001, "{} {}", template.average_ms(now), model);
            template.observe(took, now);
            model += (took.min(60_000) as f64 - model) / 8.0;
        }
    }

    /// Without observations it only falls.
    #[test]
    fn it_fades_and_never_grows(took in 0..100_000_u64, mut pauses in prop::collection::vec(0..100_000_u64, 2..50), threshold in 1..60_000_u64) {
        let mut template = SlowTemplate::default();
        (0..30).for_each(|_| template.observe(took, NOW));
        pauses.sort_unstable();
        for pair in pauses.windows(2) {
            prop_assert!(template.average_ms(NOW + pair[0]) >= template.average_ms(NOW + pair[1]));
            prop_assert!(template.is_slow(threshold, NOW + pair[0]) || !template.is_slow(threshold, NOW + pair[1]));
        }
    }

    #[test]
    fn no_number_is_too_large(calls in prop::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 1..50)) {
        let mut template = SlowTemplate::default();
        for (took, now, threshold) in calls {
            template.observe(took, now);
            prop_assert!(template.average_ms(now) <= SlowTemplate::MAX_TOOK_MS);
            prop_assert!(template.average_ms(threshold) <= SlowTemplate::MAX_TOOK_MS);
            prop_assert!(!template.is_slow(threshold.max(60_000), now));
        }
    }
}

#[test]
fn it_is_two_numbers() {
    assert_eq!((size_of::<SlowTemplate>(), align_of::<SlowTemplate>()), (16, 8));
}
