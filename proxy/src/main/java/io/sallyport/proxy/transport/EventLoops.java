package io.sallyport.proxy.transport;

import io.sallyport.cluster.Membership;
import io.sallyport.config.NodeConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.internal.VertxBootstrap;
import io.vertx.core.transport.Transport;
import java.util.List;
import java.util.logging.Logger;

/// Makes the Vert.x of this process, alone or as a member of a cluster.
///
/// By the bootstrap and not by `VertxBuilder`, because that one asks the class path for services,
/// and the one that it would find loads Hazelcast into every process.
public final class EventLoops {
  /// Held, because a logger that nobody holds forgets its filter.
  private static final Logger VERTX_LOG = Logger.getLogger("io.vertx.core.impl.VertxImpl");

  private EventLoops() {}

  /// For a process that is no member of a cluster.
  public static Vertx alone(NodeConfig node) {
    return bootstrap(options(node)).init().vertx();
  }

  /// With an event bus to the other members. Fails when the bus cannot listen, or cannot use the
  /// files of the link.
  public static Future<Vertx> clustered(NodeConfig node, Membership membership) {
    // It logs with a stack trace what it also answers.
    VERTX_LOG.setFilter(
        record -> !"Failed to initialize clustered Vert.x".equals(record.getMessage()));
    return bootstrap(options(node).setEventBusOptions(membership.eventBus()))
        .clusterManager(membership.clusterManager())
        .init()
        .clusteredVertx();
  }

  private static VertxOptions options(NodeConfig node) {
    return new VertxOptions()
        .setEventLoopPoolSize(node.eventLoops())
        .setFileSystemOptions(
            new FileSystemOptions()
                .setClassPathResolvingEnabled(false)
                .setFileCachingEnabled(false));
  }

  private static VertxBootstrap bootstrap(VertxOptions options) {
    Transport transport = LoopTransport.isUsable() ? LoopTransport.transport() : Transport.NIO;
    return VertxBootstrap.create()
        .options(options)
        .serviceProviders(List.of())
        .transport(transport.implementation());
  }
}
