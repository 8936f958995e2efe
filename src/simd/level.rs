//! The instruction sets that the kernels may use, asked of the processor once for a picture.

#![allow(unsafe_code, reason = "a function for more instructions than the target's may be entered only if the processor has them")]

/// Which instructions the kernels may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level {
    /// AVX2 with BMI1, BMI2 and LZCNT, which all its processors but some of the first have; only [`Level::detect`] sets it.
    pub(super) avx2: bool,
}

/// Work of any length that is compiled for each level (see [`Level::work`]).
pub(crate) trait Work {
    /// What comes of it.
    type Output;

    /// Does it. Each implementation is `#[inline(always)]`, and so is what it calls in its inner loops.
    fn run(self) -> Self::Output;
}

impl Level {
    /// No vector instructions beyond what the target always has.
    #[allow(dead_code, reason = "the twin that tests compare with")]
    pub(crate) const SCALAR: Self = Self { avx2: false };

    /// The most that this processor has.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt");
        #[cfg(not(target_arch = "x86_64"))]
        let avx2 = false;
        Self { avx2 }
    }

    /// Calls a function so that what is inlined into it is compiled for this level: bit tricks gain by it as well as vectors. For closures
    /// of some lines: a long one is not inlined itself, and stays as the target has it. [`work`](Self::work) is for those.
    #[inline(always)]
    pub(crate) fn run<R>(self, function: impl FnOnce() -> R) -> R {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: `avx2` is set by `detect` alone, after it has asked the processor for all four
            return unsafe { run_avx2(function) };
        }
        function()
    }

    /// Does work of any length, compiled for this level. A trait's method is called by itself, where a function that is passed on gets a
    /// call between, which is compiled once, as the target has it, if the function is long.
    #[inline(always)]
    pub(crate) fn work<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: `avx2` is set by `detect` alone, after it has asked the processor for all four
            return unsafe { work_avx2(work) };
        }
        work.run()
    }

    /// Calls a function with its arguments, compiled for this level: one that has a name and is `#[inline(always)]`. One of some hundreds of
    /// instructions is not inlined itself, and stays as the target has it: [`work`](Self::work) is for those.
    #[inline(always)]
    pub(crate) fn run_with<A, R>(self, arguments: A, function: impl FnOnce(A) -> R) -> R {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: `avx2` is set by `detect` alone, after it has asked the processor for all four
            return unsafe { run_avx2_with(arguments, function) };
        }
        function(arguments)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn run_avx2<R>(function: impl FnOnce() -> R) -> R {
    function()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn run_avx2_with<A, R>(arguments: A, function: impl FnOnce(A) -> R) -> R {
    function(arguments)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn work_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}
