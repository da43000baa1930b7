# One authority for the API server, its clients and the kubelet; made once, good for ten years.
certificates_up() {
  [ ! -s "$ONA_LAB/pki/complete" ] || return 0
  need openssl=openssl
  rm -rf "$ONA_LAB/pki" && mkdir -m 700 "$ONA_LAB/pki"
  (cd "$ONA_LAB/pki" && make_certificates) 2>"$ONA_LAB/log/certificates.log"
}

make_certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=ona-lab -keyout ca.key -out ca.crt
  openssl genrsa -out sa.key 2048
  certificate apiserver /CN=kube-apiserver \
    "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1,IP:$LAB_GATEWAY"
  certificate kubelet /O=system:nodes/CN=system:node:node1 "DNS:node1,IP:$LAB_GATEWAY"
  # logs and exec go through the kubelet, which wants a client certificate from the API server.
  certificate apiserver-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client ""
  certificate admin /O=system:masters/CN=admin ""
  date >complete
}

# certificate NAME SUBJECT ALTERNATIVE_NAMES
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$2" -keyout "$1.key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" \
    -extfile <(printf 'extendedKeyUsage=serverAuth,clientAuth\n%s' "${3:+subjectAltName=$3}")
}

write_kubeconfig() {
  write "$ONA_LAB/kubeconfig" <<YML
apiVersion: v1
kind: Config
clusters: [{name: ona-lab, cluster: {server: "https://127.0.0.1:6443", certificate-authority: $ONA_LAB/pki/ca.crt}}]
users: [{name: admin, user: {client-certificate: $ONA_LAB/pki/admin.crt, client-key: $ONA_LAB/pki/admin.key}}]
contexts: [{name: ona-lab, context: {cluster: ona-lab, user: admin}}]
current-context: ona-lab
YML
}
