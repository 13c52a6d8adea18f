package io.tenure.internal.session;

import java.util.Arrays;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CreateBuilder;
import org.apache.curator.framework.api.GetDataBuilder;
import org.apache.curator.framework.api.SetDataBuilder;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.TransactionCreateBuilder;
import org.apache.curator.framework.api.transaction.TransactionOp;
import org.apache.curator.framework.api.transaction.TransactionSetDataBuilder;

/**
 * Curator's builders without compression, independent of the client's default. That default came
 * with Curator 5.8, and with it the way to switch it off; earlier versions compress only what they
 * are told to.
 *
 * <p>Curator's builders are what this relies on: {@code uncompressed()} changes the builder itself.
 *
 * <p>Stateless.
 */
public final class Uncompressed {

  private static final boolean COMPRESSES =
      Arrays.stream(GetDataBuilder.class.getMethods())
          .anyMatch(method -> method.getName().equals("undecompressed"));

  private Uncompressed() {}

  /** Reads a znode's data as it is. */
  public static GetDataBuilder getData(CuratorFramework client) {
    return plain(client.getData());
  }

  /** Writes a znode's data as it is. */
  public static SetDataBuilder setData(CuratorFramework client) {
    return plain(client.setData());
  }

  static GetDataBuilder plain(GetDataBuilder get) {
    if (COMPRESSES) {
      get.undecompressed();
    }
    return get;
  }

  static SetDataBuilder plain(SetDataBuilder set) {
    if (COMPRESSES) {
      set.uncompressed();
    }
    return set;
  }

  static CreateBuilder plain(CreateBuilder create) {
    if (COMPRESSES) {
      create.uncompressed();
    }
    return create;
  }

  static TransactionCreateBuilder<CuratorOp> create(TransactionOp op) {
    TransactionCreateBuilder<CuratorOp> create = op.create();
    if (COMPRESSES) {
      create.uncompressed();
    }
    return create;
  }

  static TransactionSetDataBuilder<CuratorOp> setData(TransactionOp op) {
    TransactionSetDataBuilder<CuratorOp> set = op.setData();
    if (COMPRESSES) {
      set.uncompressed();
    }
    return set;
  }
}
