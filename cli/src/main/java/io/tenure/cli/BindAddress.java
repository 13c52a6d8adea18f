package io.tenure.cli;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** What {@code --bind} and {@code --port} name, and what is wrong with them. Stateless. */
final class BindAddress {

  private static final int LAST_PORT = 65_535;
  private static final int FIRST_UNPRIVILEGED_PORT = 1_024;

  private BindAddress() {}

  /**
   * The address to listen on.
   *
   * @throws CommandException if it is none of this machine
   */
  static InetSocketAddress of(String bind, int port) {
    if (port < 0 || port > LAST_PORT) {
      throw usage("--port " + port + ": give 0 to 65535");
    }
    InetAddress address;
    try {
      address = InetAddress.getByName(bind);
    } catch (UnknownHostException e) {
      throw usage("--bind " + bind + ": no such host; give an address of this machine");
    }
    if (!address.isAnyLocalAddress() && !isOfThisMachine(address)) {
      throw usage(
          "--bind "
              + bind
              + (bind.equals(address.getHostAddress()) ? "" : " (" + address.getHostAddress() + ")")
              + " is no address of this machine, which has "
              + ofThisMachine(true).stream()
                  .map(InetAddress::getHostAddress)
                  .collect(Collectors.joining(", ")));
    }
    return new InetSocketAddress(address, port);
  }

  private static boolean isOfThisMachine(InetAddress address) {
    try {
      return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return true; // It is not known; the attempt to listen tells.
    }
  }

  /** By what this machine can be reached, at an address that is listened on. */
  static List<InetAddress> reachableBy(InetAddress listening) {
    return listening.isAnyLocalAddress()
        ? ofThisMachine(listening.getAddress().length > 4)
        : List.of(listening);
  }

  private static List<InetAddress> ofThisMachine(boolean ipv6) {
    List<InetAddress> all = new ArrayList<>();
    try {
      for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        for (InetAddress address : Collections.list(each.getInetAddresses())) {
          if ((ipv6 || address.getAddress().length == 4) && !address.isLinkLocalAddress()) {
            all.add(address);
          }
        }
      }
    } catch (SocketException e) {
      all.add(InetAddress.getLoopbackAddress()); // At least by this one.
    }
    return all;
  }

  /** Says what is in the way, and what to do about it. */
  static CommandException cannotListen(String bind, int port, IOException cause) {
    String text = String.valueOf(cause.getMessage());
    String remedy = "";
    if (cause instanceof BindException && text.contains("in use")) {
      remedy = ": another process has this port; give another --port, or 0 for any that is free";
    } else if (text.contains("ermission denied") && port < FIRST_UNPRIVILEGED_PORT) {
      remedy = ": ports below 1024 need privileges; give a --port from 1024 on";
    }
    return new CommandException(
        ExitCode.REFUSED,
        bind + ":" + port + " cannot be listened on" + (remedy.isEmpty() ? ": " + text : remedy),
        cause);
  }

  private static CommandException usage(String message) {
    return new CommandException(ExitCode.USAGE, message);
  }
}
