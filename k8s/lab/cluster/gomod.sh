#!/usr/bin/env bash
# Writes go.mod for the one-program Kubernetes. k8s.io/kubernetes names its staging modules at v0.0.0, which nobody publishes;
# each is replaced by the version that was published with the same release.
#   usage: gomod.sh 34.4     for Kubernetes v1.34.4
set -euo pipefail
release=$1
modules=(api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap
  code-generator component-base component-helpers controller-manager cri-api cri-client csi-translation-lib
  dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy
  kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver sample-cli-plugin
  sample-controller)
{
  printf 'module ona.local/cluster\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v1.%s\n\nreplace (\n' "$release"
  for module in "${modules[@]}"; do
    printf '\tk8s.io/%s => k8s.io/%s v0.%s\n' "$module" "$module" "$release"
  done
  printf ')\n'
} >go.mod
