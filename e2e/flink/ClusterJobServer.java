package org.apache.beam.runners.flink;

import java.util.Collections;
import java.util.UUID;
import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.runners.jobsubmission.JobInvocation;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.util.construction.PipelineOptionsTranslation;
import org.apache.beam.vendor.grpc.v1p60p1.com.google.protobuf.Struct;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ListeningExecutorService;

/**
 * Beam's job server for a cluster that has Beam's jars on its own class path. The stock one sends
 * all of them, 154 MB, with every job.
 */
public final class ClusterJobServer extends FlinkJobInvoker {
  private final FlinkJobServerDriver.FlinkServerConfiguration server;

  private ClusterJobServer(FlinkJobServerDriver.FlinkServerConfiguration server) {
    super(server);
    this.server = server;
  }

  @Override
  protected JobInvocation invokeWithExecutor(
      RunnerApi.Pipeline pipeline, Struct sent, String token, ListeningExecutorService executor) {
    FlinkPipelineOptions options =
        PipelineOptionsTranslation.fromProto(sent).as(FlinkPipelineOptions.class);
    if (options.getFlinkMaster().equals(FlinkPipelineOptions.AUTO)) {
      options.setFlinkMaster(server.getFlinkMaster());
    }
    options.setRunner(null);
    FlinkPipelineRunner runner =
        new FlinkPipelineRunner(options, server.getFlinkConfDir(), Collections.emptyList());
    String id = options.getJobName() + "_" + UUID.randomUUID();
    return createJobInvocation(id, token, executor, pipeline, options, runner);
  }

  public static void main(String[] args) throws Exception {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    FlinkJobServerDriver.FlinkServerConfiguration server = FlinkJobServerDriver.parseArgs(args);
    FlinkJobServerDriver.fromConfig(server, () -> new ClusterJobServer(server)).run();
  }
}
