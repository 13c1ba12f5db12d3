package io.sallyport.proxy;

import io.sallyport.agent.AgentStat;
import io.sallyport.handshake.HandshakeService;
import java.util.function.Supplier;

/// The agent of a process, once it runs.
///
/// @param handshakes the way to it
/// @param stat what it counts; any thread
record DeployedAgent(HandshakeService handshakes, Supplier<AgentStat> stat) {}
