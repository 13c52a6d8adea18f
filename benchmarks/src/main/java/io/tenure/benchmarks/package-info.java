/** Measurements of Tenure, each beside what it is compared to. Programs; no API. */
@NullMarked
package io.tenure.benchmarks;

import org.jspecify.annotations.NullMarked;
