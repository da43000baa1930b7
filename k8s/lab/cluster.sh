# Kubernetes' control plane: etcd, API server, controller manager, scheduler. The node itself is in node.sh.
CLUSTER=$ONA_LAB/bin/onacluster-v1.$LAB_KUBERNETES

etcd_answers() { curl -sf http://127.0.0.1:2379/health; }
apiserver_answers() {
  curl -sf --cacert "$ONA_LAB/pki/ca.crt" --cert "$ONA_LAB/pki/admin.crt" --key "$ONA_LAB/pki/admin.key" \
    https://127.0.0.1:6443/readyz
}

cluster_up() {
  if [ -n "${ONA_DEMO_CONTEXT:-}" ]; then
    say "Kubernetes: the context $ONA_DEMO_CONTEXT"
    return
  fi
  [ "$(id -u)" = 0 ] || refuse "Kubernetes needs root here: run as root, or name a cluster with ONA_DEMO_CONTEXT=…"
  need curl=curl ip=iproute2 iptables=iptables conntrack=conntrack /usr/lib/cni/firewall=containernetworking-plugins
  [ -x "$CLUSTER" ] || compile_cluster
  containerd_up
  pause_up
  certificates_up
  write_kubeconfig
  bridge_up
  control_plane_up
  node_up
}

control_plane_up() {
  etcd_up
  keep apiserver apiserver_answers "$CLUSTER" kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 \
    --advertise-address="$LAB_GATEWAY" --client-ca-file=pki/ca.crt \
    --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key \
    --kubelet-certificate-authority=pki/ca.crt --kubelet-client-certificate=pki/apiserver-kubelet.crt \
    --kubelet-client-key=pki/apiserver-kubelet.key --kubelet-preferred-address-types=InternalIP \
    --service-cluster-ip-range=10.96.0.0/16 --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file=pki/sa.key --service-account-signing-key-file=pki/sa.key \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged
  keep controller-manager true "$CLUSTER" kube-controller-manager --kubeconfig=kubeconfig --leader-elect=false \
    --bind-address=127.0.0.1 --service-account-private-key-file=pki/sa.key --use-service-account-credentials \
    --root-ca-file=pki/ca.crt
  keep scheduler true "$CLUSTER" kube-scheduler --kubeconfig=kubeconfig --leader-elect=false --bind-address=127.0.0.1
}

# Without fsync etcd is ten times faster and may lose its data with the power; the lab then starts an empty cluster.
etcd_up() {
  start_etcd && return
  say "etcd cannot read its data; starting an empty cluster, the old data is in $ONA_LAB/etcd.broken"
  rm -rf "$ONA_LAB/etcd.broken" && mv "$ONA_LAB/etcd" "$ONA_LAB/etcd.broken"
  stop kubelet
  start_etcd
}

start_etcd() {
  [ -d "$ONA_LAB/etcd" ] || mkdir -m 700 "$ONA_LAB/etcd"
  keep etcd etcd_answers "$CLUSTER" etcd --data-dir "$ONA_LAB/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380
}
