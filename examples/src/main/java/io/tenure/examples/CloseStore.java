package io.tenure.examples;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.util.Map;
import java.util.TreeMap;

/**
 * The table that the totals go to. It remembers the highest epoch that has written and refuses
 * every lower one: that is all that a store must do to be safe from a leader that was replaced
 * while it slept.
 *
 * <p>Totals are written as they are, not added to what is there: a unit that is done twice, because
 * its leader died between the table and the checkpoint, changes nothing. Position and totals change
 * in one transaction, so the table is right at every moment; the checkpoint says only where to go
 * on.
 *
 * <p>Confined to one thread.
 */
final class CloseStore implements AutoCloseable {

  private final Connection connection;

  CloseStore(String jdbcUrl) throws SQLException {
    connection = DriverManager.getConnection(jdbcUrl);
    connection.setAutoCommit(false);
  }

  /** Makes the tables. */
  void create() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE fence (id INT PRIMARY KEY, epoch BIGINT, position INT)");
      statement.execute("INSERT INTO fence VALUES (1, 0, 0)");
      statement.execute("CREATE TABLE totals (grp VARCHAR PRIMARY KEY, amount NUMERIC(38, 10))");
    }
    connection.commit();
  }

  /**
   * Writes the totals, in one transaction with the check of the epoch.
   *
   * @throws StaleEpochException if a later leader has written; then nothing is written
   */
  void write(Totals totals, long epoch) throws SQLException, StaleEpochException {
    try {
      try (PreparedStatement fence =
          connection.prepareStatement(
              "UPDATE fence SET epoch = ?, position = ? WHERE id = 1 AND epoch <= ?")) {
        fence.setLong(1, epoch);
        fence.setInt(2, totals.position());
        fence.setLong(3, epoch);
        if (fence.executeUpdate() == 0) {
          throw new StaleEpochException(epoch, epoch());
        }
      }
      try (Statement statement = connection.createStatement()) {
        // A predecessor may have been one unit ahead of its checkpoint, with a group more.
        statement.executeUpdate("DELETE FROM totals");
      }
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO totals VALUES (?, ?)")) {
        for (Map.Entry<String, BigDecimal> sum : totals.sums().entrySet()) {
          insert.setString(1, sum.getKey());
          insert.setBigDecimal(2, sum.getValue());
          insert.addBatch();
        }
        insert.executeBatch();
      }
      connection.commit();
    } finally {
      connection.rollback(); // nothing, after a commit
    }
  }

  /** Whether no transaction of another process is open on the table. */
  boolean isFree() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCK_TIMEOUT 100");
      statement.executeUpdate("UPDATE fence SET epoch = epoch");
      return true;
    } catch (SQLTimeoutException e) {
      return false;
    } finally {
      connection.rollback();
    }
  }

  /** The highest epoch that has written. */
  long epoch() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT epoch FROM fence")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** What the table holds. */
  Totals read() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      TreeMap<String, BigDecimal> sums = new TreeMap<>();
      try (ResultSet rows = statement.executeQuery("SELECT grp, amount FROM totals")) {
        while (rows.next()) {
          sums.put(rows.getString(1), rows.getBigDecimal(2));
        }
      }
      try (ResultSet rows = statement.executeQuery("SELECT position FROM fence")) {
        rows.next();
        return new Totals(rows.getInt(1), sums);
      }
    } finally {
      connection.rollback();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
