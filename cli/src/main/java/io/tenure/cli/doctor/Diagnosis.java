package io.tenure.cli.doctor;

/**
 * One thing that was found.
 *
 * @param level how bad it is
 * @param check which check found it
 * @param path the znode, server or machine that it is about
 * @param text what it is and why it matters
 * @param advice the way out; empty if nothing needs to be done
 * @param checked false if this could not be checked, and the text says why
 */
public record Diagnosis(
    Level level, String check, String path, String text, String advice, boolean checked) {}
