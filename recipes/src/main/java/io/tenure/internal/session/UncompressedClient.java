package io.tenure.internal.session;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.WatcherRemoveCuratorFramework;
import org.apache.curator.framework.api.CreateBuilder;
import org.apache.curator.framework.api.GetDataBuilder;
import org.apache.curator.framework.api.SetDataBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A client for recipes of Curator's that write znodes of Tenure: everything goes to the real
 * client, and the data that it creates, sets and reads is neither compressed nor decompressed,
 * independent of the client's default. Curator's LeaderLatch writes its node with the client's
 * default, and a candidate whose data other candidates cannot read is not found by them.
 *
 * <p>Curator's builders are what it relies on: {@code uncompressed()} changes the builder itself.
 *
 * <p>Thread-safe: no state but Curator's.
 */
public final class UncompressedClient implements InvocationHandler {

  private final CuratorFramework client;

  private UncompressedClient(CuratorFramework client) {
    this.client = client;
  }

  /** The same client, without compression. */
  public static CuratorFramework of(CuratorFramework client) {
    return proxy(CuratorFramework.class, client);
  }

  private static <T extends CuratorFramework> T proxy(Class<T> type, T client) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, new UncompressedClient(client)));
  }

  @Override
  public @Nullable Object invoke(Object self, Method method, Object @Nullable [] arguments)
      throws Throwable {
    @Nullable Object result;
    try {
      result = method.invoke(client, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    if (result instanceof WatcherRemoveCuratorFramework removing) {
      return proxy(WatcherRemoveCuratorFramework.class, removing);
    } else if (result instanceof CreateBuilder create) {
      Uncompressed.plain(create);
    } else if (result instanceof SetDataBuilder set) {
      Uncompressed.plain(set);
    } else if (result instanceof GetDataBuilder get) {
      Uncompressed.plain(get);
    }
    return result;
  }
}
