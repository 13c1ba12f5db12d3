package io.sallyport.proxy.stat;

import io.sallyport.agent.AgentStat;
import io.sallyport.audit.AuditStat;
import java.util.List;

/// What one process has counted.
///
/// @param loops the sum over its event loops
/// @param agent its agent
/// @param audit its audit log, if it keeps one
public record MemberStatistics(Statistics loops, AgentStat agent, AuditStat audit) {
  /// Nothing yet.
  public static MemberStatistics none() {
    return new MemberStatistics(Statistics.sum(List.of()), AgentStat.NONE, AuditStat.NONE);
  }
}
