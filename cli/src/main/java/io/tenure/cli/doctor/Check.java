package io.tenure.cli.doctor;

/** Looks at one subject. What it throws is said as not checked, unless the connection is lost. */
interface Check {

  /** The subject, in one word. */
  String name();

  /** Says what it finds; blocks. */
  void run(Context context, Findings findings) throws InterruptedException;
}
