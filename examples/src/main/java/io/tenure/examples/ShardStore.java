package io.tenure.examples;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.h2.jdbcx.JdbcConnectionPool;

/**
 * The table that the shards' totals go to. For each shard it remembers the highest epoch that has
 * written, and refuses every lower one; position and totals change in the same transaction. So a
 * leader that was replaced while it slept cannot spoil anything, and its successor goes on exactly
 * where the table says.
 *
 * <p>Thread-safe: each call has a connection of its own.
 */
final class ShardStore implements AutoCloseable {

  private final JdbcConnectionPool connections;

  ShardStore(String jdbcUrl) {
    connections = JdbcConnectionPool.create(jdbcUrl, "", "");
  }

  /** Makes the tables, with a row for each shard. */
  void create(int shards) throws SQLException {
    try (Connection connection = connections.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE fence (shard INT PRIMARY KEY, epoch BIGINT, position INT)");
      statement.execute(
          "CREATE TABLE totals (shard INT, grp VARCHAR, amount NUMERIC(38, 10),"
              + " PRIMARY KEY (shard, grp))");
      for (int shard = 0; shard < shards; shard++) {
        statement.execute("INSERT INTO fence VALUES (" + shard + ", 0, 0)");
      }
    }
  }

  private interface Work<T> {
    T run(Connection connection) throws SQLException, StaleEpochException;
  }

  private <T> T transaction(Work<T> work) throws SQLException, StaleEpochException {
    try (Connection connection = connections.getConnection()) {
      connection.setAutoCommit(false);
      try {
        T result = work.run(connection);
        connection.commit();
        return result;
      } finally {
        connection.rollback(); // nothing, after a commit
        connection.setAutoCommit(true);
      }
    }
  }

  private static void fence(Connection connection, int shard, long epoch)
      throws SQLException, StaleEpochException {
    try (PreparedStatement fence =
        connection.prepareStatement("UPDATE fence SET epoch = ? WHERE shard = ? AND epoch <= ?")) {
      fence.setLong(1, epoch);
      fence.setInt(2, shard);
      fence.setLong(3, epoch);
      if (fence.executeUpdate() == 0) {
        throw new StaleEpochException(epoch, epoch(connection, shard));
      }
    }
  }

  private static long epoch(Connection connection, int shard) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT epoch FROM fence WHERE shard = " + shard)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /**
   * A new leader's first act: from here on the table refuses its predecessors.
   *
   * @return how far they have come
   */
  Totals take(int shard, long epoch) throws SQLException, StaleEpochException {
    return transaction(
        connection -> {
          fence(connection, shard, epoch);
          try (Statement statement = connection.createStatement()) {
            int position;
            try (ResultSet rows =
                statement.executeQuery("SELECT position FROM fence WHERE shard = " + shard)) {
              rows.next();
              position = rows.getInt(1);
            }
            return new Totals(position, sums(statement, "WHERE shard = " + shard));
          }
        });
  }

  private static SortedMap<String, BigDecimal> sums(Statement statement, String where)
      throws SQLException {
    SortedMap<String, BigDecimal> sums = new TreeMap<>();
    try (ResultSet rows =
        statement.executeQuery("SELECT grp, SUM(amount) FROM totals " + where + " GROUP BY grp")) {
      while (rows.next()) {
        sums.put(rows.getString(1), rows.getBigDecimal(2));
      }
    }
    return sums;
  }

  /** Writes a shard's totals, unless a later leader of it has written. */
  void write(int shard, long epoch, Totals totals) throws SQLException, StaleEpochException {
    transaction(
        connection -> {
          fence(connection, shard, epoch);
          try (PreparedStatement position =
              connection.prepareStatement("UPDATE fence SET position = ? WHERE shard = ?")) {
            position.setInt(1, totals.position());
            position.setInt(2, shard);
            position.executeUpdate();
          }
          try (PreparedStatement merge =
              connection.prepareStatement("MERGE INTO totals VALUES (?, ?, ?)")) {
            for (Map.Entry<String, BigDecimal> sum : totals.sums().entrySet()) {
              merge.setInt(1, shard);
              merge.setString(2, sum.getKey());
              merge.setBigDecimal(3, sum.getValue());
              merge.addBatch();
            }
            merge.executeBatch();
          }
          return true;
        });
  }

  /** Whether no transaction of another process is open on these shards. */
  boolean isFree(Collection<Integer> shards) throws SQLException {
    try (Connection connection = connections.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      try {
        statement.execute("SET LOCK_TIMEOUT 200");
        for (int shard : shards) {
          statement.executeUpdate("UPDATE fence SET epoch = epoch WHERE shard = " + shard);
        }
        return true;
      } catch (SQLTimeoutException e) {
        return false;
      } finally {
        connection.rollback();
        statement.execute("SET LOCK_TIMEOUT 10000");
        connection.setAutoCommit(true);
      }
    }
  }

  /** What the table holds, over all shards. */
  Totals read() throws SQLException {
    try (Connection connection = connections.getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet rows = statement.executeQuery("SELECT SUM(position) FROM fence")) {
        rows.next();
        return new Totals(rows.getInt(1), sums(statement, ""));
      }
    }
  }

  /** How many rows are done, over all shards. */
  int position() throws SQLException {
    try (Connection connection = connections.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT SUM(position) FROM fence")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Override
  public void close() {
    connections.dispose();
  }
}
