package io.tenure.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A disk on which only so many more bytes find room, and which may refuse to cut files. */
final class FullDisk implements ArchiveFiles.Opener {

  private long room = Long.MAX_VALUE;
  private boolean refusesToForce;
  private boolean refusesToCut;
  private boolean forgets;

  void room(long bytes) {
    room = bytes;
  }

  void refuseToForce(boolean refuse) {
    refusesToForce = refuse;
  }

  /** Does not wait for the disk. */
  void forget(boolean forces) {
    forgets = forces;
  }

  void refuseToCut(boolean refuse) {
    refusesToCut = refuse;
  }

  @Override
  public FileChannel open(Path path) throws IOException {
    return new Channel(FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  private final class Channel extends FileChannel {
    private final FileChannel file;

    Channel(FileChannel file) {
      this.file = file;
    }

    @Override
    public int write(ByteBuffer from, long position) throws IOException {
      if (room == 0) {
        throw new IOException("No space left on device");
      }
      ByteBuffer part = from.duplicate();
      part.limit((int) Math.min(part.limit(), part.position() + room));
      int written = file.write(part, position);
      from.position(from.position() + written);
      room -= written;
      return written;
    }

    @Override
    public void force(boolean metaData) throws IOException {
      if (refusesToForce) {
        throw new IOException("Input/output error");
      }
      if (!forgets) {
        file.force(metaData);
      }
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
      if (refusesToCut) {
        throw new IOException("Input/output error");
      }
      file.truncate(size);
      return this;
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }

    @Override
    public int read(ByteBuffer to) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer from) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel position(long position) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long size() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel from, long position, long count) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(ByteBuffer to, long position) {
      throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException();
    }
  }
}
