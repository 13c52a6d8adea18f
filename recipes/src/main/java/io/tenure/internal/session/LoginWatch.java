package io.tenure.internal.session;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorEventType;
import org.apache.curator.framework.imps.CuratorFrameworkState;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.client.ZooKeeperSaslClient;
import org.jspecify.annotations.Nullable;

/**
 * What a client's own events tell of its login. ZooKeeper's handle knows that the servers refuse
 * the login only for a while: Curator closes such a handle after a session timeout and replaces it
 * after another one, and in between it looks like a handle that the application has closed. And
 * servers that close the connection before the refusal was looked at turn it into an ended session.
 *
 * <p>One for each client, however many ask, from the first that may ask. Thread-safe; told on
 * ZooKeeper's event thread.
 */
final class LoginWatch {

  private static final Log log = Log.of(LoginWatch.class);

  private static final PerClient<LoginWatch> WATCHES = new PerClient<>(LoginWatch::begin);

  private static final WeakReference<ZooKeeper> NONE = new WeakReference<>(null);

  /** A handle whose login was refused, and how the servers said so. Immutable. */
  private record Refused(WeakReference<ZooKeeper> handle, Code code) {}

  private static final Refused NO_REFUSAL = new Refused(NONE, Code.OK);

  private final List<LoginInquiry> inquiries = new CopyOnWriteArrayList<>();

  /** The last handle that was refused, which may be closed by now. */
  private volatile Refused refused = NO_REFUSAL;

  /** The last handle that said that it was closed: Curator lets its own handles say nothing. */
  private volatile WeakReference<ZooKeeper> closedByApplication = NONE;

  private final AtomicBoolean warned = new AtomicBoolean();
  private final Executor warning = CallbackThread.named("tenure-login");

  private LoginWatch() {}

  /** The watch of a client, from now on. */
  static LoginWatch of(CuratorFramework client) {
    return WATCHES.of(client);
  }

  /** Refers to the client in no way, since the client refers to the watch. */
  private static LoginWatch begin(CuratorFramework client) {
    LoginWatch watch = new LoginWatch();
    try {
      CuratorClients.events(client).addListener(watch::told);
    } catch (IllegalArgumentException e) {
      log.debug("the client does not tell of its session, so its handle is asked alone", e);
    }
    watch.warning.execute(() -> watch.lookForLogin(client));
    return watch;
  }

  /** Tells an inquiry of each event from now on, until it is removed. */
  void add(LoginInquiry inquiry) {
    inquiries.add(inquiry);
  }

  void remove(LoginInquiry inquiry) {
    inquiries.remove(inquiry);
  }

  /** How the servers have refused the login of a handle, which may be closed by now. */
  Optional<Code> refusal(ZooKeeper handle) {
    Refused last = refused;
    if (handle == last.handle().get()) {
      return Optional.of(last.code());
    }
    return handle.getState() == ZooKeeper.States.AUTH_FAILED || hasLoginFailed(handle)
        ? Optional.of(Code.AUTHFAILED)
        : Optional.empty();
  }

  /** The servers have answered a handle so: its session is over, and they do not say so again. */
  void refused(ZooKeeper handle, Code code) {
    refused = new Refused(new WeakReference<>(handle), code);
  }

  /** Whether it is known that the application has closed a handle, rather than Curator. */
  boolean isClosedByApplication(ZooKeeper handle) {
    return handle == closedByApplication.get();
  }

  /**
   * Whether SASL has failed on the last connection, also where the handle connects again. Without a
   * JAAS section the login counts as failed too, and the client goes on.
   */
  private static boolean hasLoginFailed(ZooKeeper handle) {
    ZooKeeperSaslClient login = handle.getSaslClient();
    return login != null && login.isFailed() && Logins.isConfigured(handle.getClientConfig());
  }

  private void told(CuratorFramework client, CuratorEvent event) {
    if (event.getType() == CuratorEventType.CLOSING) {
      inquiries.forEach(inquiry -> inquiry.heard(false, null));
    } else if (event.getType() == CuratorEventType.WATCHED
        && event.getWatchedEvent().getType() == Watcher.Event.EventType.None) {
      Watcher.Event.KeeperState state = event.getWatchedEvent().getState();
      ZooKeeper handle = presentHandle(client);
      if (handle != null) {
        note(state, handle);
      }
      boolean connected = state == Watcher.Event.KeeperState.SyncConnected;
      inquiries.forEach(inquiry -> inquiry.heard(connected, handle));
    }
  }

  private void note(Watcher.Event.KeeperState state, ZooKeeper handle) {
    switch (state) {
      case AuthFailed -> {
        if (!keepsRefusal(handle)) {
          warning.execute(() -> warnOfNoLogin(handle.getClientConfig()));
        }
      }
      case Disconnected -> keepsRefusal(handle);
      case SaslAuthenticated -> refused = NO_REFUSAL;
      case Closed -> {
        if (handle.getState() == ZooKeeper.States.CLOSED) {
          closedByApplication = new WeakReference<>(handle);
        }
      }
      default -> {}
    }
  }

  private boolean keepsRefusal(ZooKeeper handle) {
    Optional<Code> code = refusal(handle);
    code.ifPresent(known -> refused(handle, known));
    return code.isPresent();
  }

  /** A client that was started before has told already that its login cannot be. */
  private void lookForLogin(CuratorFramework client) {
    ZooKeeper handle = presentHandle(client);
    if (handle != null && Logins.isMissing(handle.getClientConfig())) {
      warnOfNoLogin(handle.getClientConfig());
    }
  }

  /** Looks into a file, so not on ZooKeeper's event thread. */
  private void warnOfNoLogin(ZKClientConfig config) {
    if (!warned.getAndSet(true)) {
      log.warn(
          "the client goes on without the SASL login that it is meant to have, as far as the"
              + " servers let it: {}",
          Logins.whyNone(config));
    }
  }

  /** Null where there is none at the moment, and where the client is closed. */
  static @Nullable ZooKeeper presentHandle(CuratorFramework client) {
    if (client.getState() != CuratorFrameworkState.STARTED) {
      return null;
    }
    try {
      return client.getZookeeperClient().getZooKeeper();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (Exception e) {
      log.debug("the client has no handle at the moment", e);
      return null;
    }
  }
}
