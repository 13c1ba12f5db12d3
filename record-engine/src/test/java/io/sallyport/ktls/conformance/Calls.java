package io.sallyport.ktls.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.sallyport.ktls.CipherType;
import io.sallyport.ktls.ContentType;
import io.sallyport.ktls.KtlsErrno;
import io.sallyport.ktls.KtlsException;
import io.sallyport.ktls.KtlsSocket;
import io.sallyport.ktls.ReceivedMessage;
import io.sallyport.ktls.RecvFlag;
import io.sallyport.ktls.SendFlag;
import io.sallyport.ktls.Sent;
import io.sallyport.ktls.SocketOptions;
import io.sallyport.ktls.TlsVersion;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;

/// The kernel's calls on engine sockets, so that a case reads as it does there.
///
/// Each call comes twice: under its own name it must succeed and returns what it gave, as `…Error`
/// it must fail and returns the errno.
final class Calls {
  /// A KeyUpdate message that asks for none in return (RFC 9846 §4.7.3, 8446 §4.6.3).
  private static final byte[] KEY_UPDATE = {24, 0, 0, 1, 0};

  private static final int REC_SEQ_LENGTH = 8;
  private static final int VERSION_AND_CIPHER_LENGTH = 4;

  /// What a recvmsg with a control message buffer gave.
  ///
  /// @param contentType the type in the control message
  /// @param content the bytes
  /// @param endOfRecord MSG_EOR
  @SuppressWarnings("ArrayRecordComponent") // Compared by its parts only.
  record Message(int contentType, byte[] content, boolean endOfRecord) {}

  private Calls() {}

  // send

  static long send(KtlsSocket fd, byte[] data, SendFlag... flags) {
    return sendmsg(fd, Unpooled.wrappedBuffer(data), flags);
  }

  static long sendmsg(KtlsSocket fd, ByteBuf data, SendFlag... flags) {
    return accepted(trySend(fd, data, flags));
  }

  static KtlsErrno sendError(KtlsSocket fd, byte[] data, SendFlag... flags) {
    return failed(trySend(fd, Unpooled.wrappedBuffer(data), flags));
  }

  /// Answers as the engine does, with the data advanced by just what was accepted.
  static Sent trySend(KtlsSocket fd, ByteBuf data, SendFlag... flags) {
    int before = data.readableBytes();
    Sent sent = fd.sendmsg(data, Set.of(flags));
    fd.flush();
    long taken = sent instanceof Sent.Accepted accepted ? accepted.length() : 0;
    assertThat(before - data.readableBytes()).as("bytes taken by %s", sent).isEqualTo((int) taken);
    return sent;
  }

  static long sendCmsg(KtlsSocket fd, int contentType, byte[] data, SendFlag... flags) {
    return accepted(trySendCmsg(fd, contentType, data, flags));
  }

  static KtlsErrno sendCmsgError(KtlsSocket fd, int contentType, byte[] data, SendFlag... flags) {
    return failed(trySendCmsg(fd, contentType, data, flags));
  }

  private static Sent trySendCmsg(KtlsSocket fd, int contentType, byte[] data, SendFlag... flags) {
    Sent sent = fd.sendmsg(contentType, Unpooled.wrappedBuffer(data), Set.of(flags));
    fd.flush();
    return sent;
  }

  static void sendKeyUpdate(KtlsSocket fd) {
    assertThat(sendCmsg(fd, ContentType.HANDSHAKE, KEY_UPDATE)).isEqualTo(KEY_UPDATE.length);
  }

  static long accepted(Sent sent) {
    assertThat(sent).isInstanceOf(Sent.Accepted.class);
    return ((Sent.Accepted) sent).length();
  }

  static KtlsErrno failed(Sent sent) {
    assertThat(sent).isInstanceOf(Sent.Failed.class);
    return ((Sent.Failed) sent).errno();
  }

  // recv: no control message buffer

  static byte[] recv(KtlsSocket fd, int length, RecvFlag... flags) {
    ByteBuf into = Unpooled.buffer(length, length);
    received(recvmsg(fd, into, false, flags), into);
    return bytes(into);
  }

  static KtlsErrno recvError(KtlsSocket fd, int length, RecvFlag... flags) {
    return failed(recvmsg(fd, Unpooled.buffer(length, length), false, flags));
  }

  // recvmsg with a control message buffer

  static Message recvCmsg(KtlsSocket fd, int length, RecvFlag... flags) {
    ByteBuf into = Unpooled.buffer(length, length);
    ReceivedMessage.Message message = received(recvmsg(fd, into, true, flags), into);
    return new Message(message.contentType(), bytes(into), message.endOfRecord());
  }

  /// The content of the next message, which must be of this type.
  static byte[] recvCmsg(KtlsSocket fd, int contentType, int length, RecvFlag... flags) {
    Message message = recvCmsg(fd, length, flags);
    assertThat(message.contentType()).isEqualTo(contentType);
    return message.content();
  }

  static void recvKeyUpdate(KtlsSocket fd, RecvFlag... flags) {
    assertThat(recvCmsg(fd, ContentType.HANDSHAKE, 64, flags)).isEqualTo(KEY_UPDATE);
  }

  static ReceivedMessage recvmsg(KtlsSocket fd, ByteBuf into, boolean withType, RecvFlag... flags) {
    return fd.recvmsg(into, withType, Set.of(flags));
  }

  static ReceivedMessage.Message received(ReceivedMessage answer, ByteBuf into) {
    assertThat(answer).isInstanceOf(ReceivedMessage.Message.class);
    ReceivedMessage.Message message = (ReceivedMessage.Message) answer;
    assertThat(message.length()).isEqualTo(into.readableBytes());
    return message;
  }

  static KtlsErrno failed(ReceivedMessage answer) {
    assertThat(answer).isInstanceOf(ReceivedMessage.Failed.class);
    return ((ReceivedMessage.Failed) answer).errno();
  }

  // setsockopt, getsockopt

  static void setUlp(KtlsSocket fd) {
    setsockopt(fd, SocketOptions.SOL_TCP, SocketOptions.TCP_ULP, new byte[] {'t', 'l', 's'});
  }

  private static void setsockopt(KtlsSocket fd, int level, int optname, byte[] value) {
    SocketOptions.setsockopt(fd, level, optname, Unpooled.wrappedBuffer(value));
  }

  static void setTls(KtlsSocket fd, int optname, byte[] value) {
    setsockopt(fd, SocketOptions.SOL_TLS, optname, value);
  }

  static KtlsErrno setTlsError(KtlsSocket fd, int optname, byte[] value) {
    return errno(() -> setTls(fd, optname, value));
  }

  static byte[] getTls(KtlsSocket fd, int optname, int length) {
    ByteBuf value = SocketOptions.getsockopt(fd, SocketOptions.SOL_TLS, optname, length);
    byte[] bytes = bytes(value);
    value.release();
    return bytes;
  }

  static KtlsErrno getTlsError(KtlsSocket fd, int optname, int length) {
    return errno(() -> getTls(fd, optname, length));
  }

  static KtlsErrno errno(Runnable call) {
    KtlsException refused = catchThrowableOfType(KtlsException.class, call::run);
    assertThat(refused).as("refused").isNotNull();
    return refused.errno();
  }

  // Values of options and messages

  /// A `crypto_info` whose secrets depend on cipher and key generation alone.
  static byte[] cryptoInfo(TlsVersion version, CipherType cipherType, int generation) {
    return cryptoInfo(version, cipherType, generation, 0);
  }

  static byte[] cryptoInfo(TlsVersion version, CipherType cipherType, int generation, long recSeq) {
    int secrets = cipherType.ivLength() + cipherType.keyLength() + cipherType.saltLength();
    return cryptoInfo(
        version.wire(),
        cipherType.number(),
        message(100 * generation + cipherType.number(), secrets),
        recSeq);
  }

  /// One that need not be valid: `secrets` stand where iv, key and salt do.
  static byte[] cryptoInfo(int version, int cipherType, byte[] secrets, long recSeq) {
    return ByteBuffer.allocate(VERSION_AND_CIPHER_LENGTH + secrets.length + REC_SEQ_LENGTH)
        .order(ByteOrder.nativeOrder())
        .putShort((short) version)
        .putShort((short) cipherType)
        .put(secrets)
        .order(ByteOrder.BIG_ENDIAN)
        .putLong(recSeq)
        .array();
  }

  static byte[] u16(int value) {
    return ByteBuffer.allocate(2).order(ByteOrder.nativeOrder()).putShort((short) value).array();
  }

  static byte[] u32(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array();
  }

  /// Bytes that are the same for the same seed and look random.
  static byte[] message(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static byte[] slice(byte[] bytes, int offset, int length) {
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }

  /// `bytes` as an array of `count` iovecs of equal length.
  static CompositeByteBuf iovecs(byte[] bytes, int count) {
    CompositeByteBuf iovecs = Unpooled.compositeBuffer(count);
    int length = bytes.length / count;
    for (int i = 0; i < count; i++) {
      iovecs.addComponent(true, Unpooled.wrappedBuffer(bytes, i * length, length));
    }
    return iovecs;
  }

  static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }
}
