# The one node: a bridge for its pods, the kubelet and the proxy. Its address is the bridge's, which no change of network moves.
bridge_up() {
  ip link add ona0 type bridge 2>/dev/null || ip link show ona0 >/dev/null
  ip addr replace "$LAB_GATEWAY/24" dev ona0
  ip link set ona0 up
}

node_ready() {
  [ "$("$CLUSTER" kubectl --kubeconfig "$ONA_LAB/kubeconfig" get node node1 \
    -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
}
kubelet_answers() { curl -sf http://127.0.0.1:10248/healthz; }
proxy_answers() { curl -sf http://127.0.0.1:10256/livez; }

node_up() {
  kubelet_configuration | write "$ONA_LAB/kubelet.yaml"
  proxy_configuration | write "$ONA_LAB/proxy.yaml"
  keep kubelet kubelet_answers "$CLUSTER" kubelet --config kubelet.yaml --kubeconfig kubeconfig \
    --root-dir "$ONA_LAB/kubelet" --hostname-override=node1 --node-ip="$LAB_GATEWAY"
  keep proxy proxy_answers "$CLUSTER" kube-proxy --config proxy.yaml --hostname-override=node1
  wait_for 60 node_ready || refuse "the node is not ready; see $ONA_LAB/log/kubelet.log"
}

kubelet_configuration() {
  cat <<YML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $LAB_GATEWAY
failSwapOn: false
failCgroupV1: false
cgroupDriver: cgroupfs
maxOpenFiles: 20000
serializeImagePulls: false
imageGCHighThresholdPercent: 100
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
tlsCertFile: $ONA_LAB/pki/kubelet.crt
tlsPrivateKeyFile: $ONA_LAB/pki/kubelet.key
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $ONA_LAB/pki/ca.crt}}
authorization: {mode: Webhook}
evictionHard: {memory.available: "100Mi", nodefs.available: "1%", imagefs.available: "1%"}
YML
}

proxy_configuration() {
  cat <<YML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $LAB_PODS
nodePortAddresses: [127.0.0.0/8, $LAB_PODS]
healthzBindAddress: 127.0.0.1:10256
clientConnection: {kubeconfig: $ONA_LAB/kubeconfig}
conntrack: {maxPerCore: 0, min: 0}
YML
}
