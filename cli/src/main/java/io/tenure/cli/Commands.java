package io.tenure.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;

/** Makes the commands: each that wants it is given the world around it. */
final class Commands implements CommandLine.IFactory {

  private final Io io;

  Commands(Io io) {
    this.io = io;
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == Io.class) {
        return type.cast(constructor.newInstance(io));
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
